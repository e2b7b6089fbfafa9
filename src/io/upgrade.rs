//! What files of older versions say, as the next version says it.

use serde_json::{Map, Value, json};

/// Metadata of a model of version 1 as version 2 has it: there rates are in 1/tau and sizes in the unit of
/// the motifs, as plain numbers.
pub(super) fn model_of_version_1(content: &mut Map<String, Value>) {
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

/// Metadata of a model of version 2 as version 3 has it: all loops were placed, and once there was but one
/// input.
pub(super) fn model_of_version_2(content: &mut Map<String, Value>) {
    let Some(options) = content.get_mut("options").and_then(Value::as_object_mut) else { return };
    options.entry("input").or_insert_with(|| json!("Published"));
    options.insert("design".into(), json!("Placed"));
    options.insert("placed_starts".into(), json!([]));
}

/// Fits of version 1 as version 2 has them.
pub(super) fn fits_of_version_1(content: &mut Map<String, Value>) {
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
