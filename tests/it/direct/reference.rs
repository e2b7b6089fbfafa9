//! Reference values by dense exponentials and differences; see `tests/data/direct/make_reference.py`.

use nalgebra::DMatrix;
use serde_json::Value;
use thalamo::direct::{DirectCost, DirectOptions};
use thalamo::motif::Motif;
use thalamo::{LowRank, System};

use crate::support::*;

/// The options of a case: absolute numbers, which the crate counts in its duration.
fn options(case: &Value, duration: f64) -> DirectOptions {
    let number = |key: &str| number(&case[key]);
    DirectOptions::default().with(|o| {
        o.rank = number("rank") as usize;
        (o.relative_noise, o.absolute_noise, o.end) = (number("sr"), number("s0"), number("kappa"));
        (o.size, o.barrier) = (number("gamma") / duration, number("bar") / (duration * duration));
        o.scale = Some(1.0);
    })
}

fn relative(given: &DMatrix<f64>, expected: &DMatrix<f64>) -> f64 {
    (given - expected).norm() / expected.norm()
}

#[test]
fn reference_values() {
    let data = reference("direct/reference");
    let names = ["rank1_D2_even", "rank1_D3_odd", "rank1_D2_barrier", "rank2_D2", "rank2_D3", "rank1_D1"];
    for name in names {
        let case = &data[name];
        let system = System::new(matrix(&case["A"]), matrix(&case["W"])).unwrap();
        let motif = Motif::from_samples(number(&case["dt"]), matrix(&case["y"])).unwrap();
        let options = options(case, motif.duration());
        let mut cost = DirectCost::new(&system, &matrix(&case["S"]), &motif, &options).unwrap();
        let weights = LowRank::new(matrix(&case["U"]), matrix(&case["V"])).unwrap();
        let close = |given: f64, key: &str| {
            let expected = number(&case[key]);
            assert!((given / expected - 1.0).abs() < 1e-9, "{name}, {key}: {given} for {expected}");
        };
        let gradients = |cost: &DirectCost, keys: [&str; 2]| {
            let given = [cost.gradient_input(), cost.gradient_feedback()];
            for (given, key) in given.into_iter().zip(keys) {
                let error = relative(given, &matrix(&case[key]));
                assert!(error < 1e-7, "{name}, {key}: {error:e}");
            }
        };
        let terms = cost.evaluate_from(&weights, &vector(&case["s"])).unwrap().unwrap();
        close(terms.objective, "value");
        close(terms.fit, "fit");
        close(terms.noise, "noise");
        close(terms.gain, "g");
        close(terms.activity, "E");
        close(terms.end, "xe2");
        gradients(&cost, ["grad_U", "grad_V"]);
        let terms = cost.evaluate(&weights).unwrap().unwrap();
        close(terms.objective, "value_at_best_s");
        gradients(&cost, ["grad_U_at_best_s", "grad_V_at_best_s"]);
        // The reference's own start is the minimum of a polarised quadratic function.
        let error = distance(&cost.start(), &vector(&case["best_s"]));
        assert!(error < 1e-6, "{name}: {error:e}");
        let abscissa = complex(&case["roots"]).iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max);
        assert!((terms.abscissa / motif.duration() - abscissa).abs() < 1e-12);
        assert_eq!(cost.propagations(), 0, "{name}");
    }
}
