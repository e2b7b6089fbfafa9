//! How modules and inputs are asked for, and what is told of them.

use serde_json::Value;

use crate::program::{done, failed};

#[test]
fn inputs_and_output_null_modules() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    done(at, "motifs --count 2 --seed 1 --kind oscillating --out m.npz");
    let info = |flags: &str| -> (Value, String) {
        done(at, &format!("build m.npz --units 30 {flags} --out model.npz"));
        (serde_json::from_str(&done(at, "info model.npz --json")).unwrap(), done(at, "info model.npz"))
    };
    // The usual switch is the system's own, unless it would come after the preparation.
    let (json, text) = info("--preset interpretable --modes 4");
    let switch = json["preparation"]["switch"].as_f64().unwrap();
    assert!((2.5..3.5).contains(&switch), "{switch}");
    assert!(text.contains("5 tau before each motif, input switches at "), "{text}");
    assert_eq!(json["options"]["input"]["Compensated"]["shortest"], Value::Null);
    let played =
        |time: f64| done(at, &format!("simulate model.npz --sequence 0,1 --transition {time} --out t.npz"));
    assert!(
        played(1.0).contains("warning: inputs lead to the start of a motif in ")
            && !played(4.0).contains("warning")
    );
    let (json, text) = info("--transition 1.5 --output-null");
    assert_eq!(json["preparation"]["switch"], 1.5);
    assert!(text.contains("P = 15, output-null at ") && text.contains("switches at 1.5 tau"), "{text}");
    assert!(json["preparation"]["output_null"]["residual"].as_f64().unwrap() < 1e-12);
    done(at, "report model.npz --out report.html");
    let page = std::fs::read_to_string(at.join("report.html")).unwrap();
    assert!(page.contains("output-null residual"));
    done(at, "certify model.npz --transition 6");
    let (json, _) = info("--transition 4 --input constant");
    assert_eq!(json["options"]["input"]["Constant"]["preparation"], 4.0);
    for flags in ["--input published", "--preset published --prep-rank 15"] {
        let (json, text) = info(flags);
        assert_eq!(
            (&json["options"]["input"], &json["preparation"]["switch"]),
            (&"Published".into(), &Value::Null)
        );
        assert!(!text.contains("switches"), "{text}");
    }
    let message = failed(at, "build m.npz --output-null --beta 0.1 --out model.npz", 2);
    assert!(message.contains("--beta"), "{message}");
}
