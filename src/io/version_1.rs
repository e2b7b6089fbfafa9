//! Options as files of version 1 hold them: rates in 1/tau and sizes in the unit of the motifs, as plain
//! numbers.

use serde_json::{Map, Value, json};

/// Metadata of a model of version 1 as version 2 has it.
pub(super) fn model(content: &mut Map<String, Value>) {
    content.insert("scale".into(), json!(1.0));
    let Some(options) = content.get_mut("options").and_then(Value::as_object_mut) else { return };
    options.insert("scale".into(), json!(1.0));
    let mut within = |name: &str, change: fn(&mut Map<String, Value>)| {
        options.get_mut(name).and_then(Value::as_object_mut).map(change);
    };
    within("fit", fit);
    within("motif_loop", |own| {
        if let Some(placement) = own.get_mut("placement").and_then(Value::as_object_mut) {
            ["rest_margin", "stabilised_decay"].into_iter().for_each(|name| per_tau(placement, name));
        }
    });
    within("preparation", |module| {
        module.insert("rate".into(), json!({ "PerTau": 1.0 }));
    });
}

/// Fits of version 1 as version 2 has them.
pub(super) fn fits(content: &mut Map<String, Value>) {
    content.get_mut("options").and_then(Value::as_object_mut).map(fit);
}

fn fit(options: &mut Map<String, Value>) {
    options.insert("scale".into(), json!(1.0));
    ["separation", "frequency_limit", "decay_limit"].into_iter().for_each(|name| per_tau(options, name));
    if let Some(margin) = options.get_mut("margin") {
        *margin = match margin.get("Rate") {
            Some(rate) => json!({ "PerTau": rate }),
            None => json!({ "Relative": 1.0 }), // "InverseDuration"
        };
    }
    if let Some(Value::Bool(zero)) = options.remove("zero_start") {
        options.insert("start".into(), json!(if zero { "Zero" } else { "Free" }));
    }
}

fn per_tau(options: &mut Map<String, Value>, name: &str) {
    if let Some(rate) = options.get_mut(name).filter(|rate| rate.is_number()) {
        *rate = json!({ "PerTau": rate });
    }
}
