//! Numbers for people, with all digits beside.

use maud::{Markup, html};
use serde_json::Value;

/// Numbers that take no more characters than this are shown whole.
const SHORT: usize = 6;

/// A number, rounded where it is long; its element holds all digits.
pub(super) fn number(value: impl Into<Value>) -> Markup {
    element(&value.into(), None)
}

/// A number, a word or a gap as a `<data>` element that holds all of it; `key` is its path in the JSON of a
/// command.
pub(super) fn element(value: &Value, key: Option<&str>) -> Markup {
    let (all, shown) = match value {
        Value::Number(n) if n.is_f64() => {
            let x = n.as_f64().unwrap_or(f64::NAN);
            (format!("{x:?}"), rounded(x))
        }
        Value::String(text) => {
            let text: String = text.chars().map(visible).collect();
            (text.clone(), html! { (text) })
        }
        Value::Bool(yes) => (yes.to_string(), html! { @if *yes { "yes" } @else { "no" } }),
        Value::Null => ("null".to_owned(), html! { @if key.is_some() { "not set" } @else { "\u{2013}" } }),
        other => (other.to_string(), html! { (other.to_string()) }),
    };
    html! { data value=(all) data-key=[key] { (shown) } }
}

/// The character, or a sign in place of one that no page may hold.
pub(super) fn visible(c: char) -> char {
    if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }
}

/// Four digits, or fewer where they say it all; powers of ten where there are many zeros.
fn rounded(value: f64) -> Markup {
    let size = value.abs();
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let plain = size.to_string();
    if plain.len() <= SHORT {
        return html! { (sign) (plain) };
    }
    if (1e-3..1e6).contains(&size) {
        let decimals = (3.0 - size.log10().floor()).clamp(0.0, 6.0) as usize;
        return html! { (sign) (format!("{size:.decimals$}")) };
    }
    let scientific = format!("{size:.2e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    html! { (sign) (mantissa) "\u{a0}\u{d7}\u{a0}10" sup { (exponent.replace('-', "\u{2212}")) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_few_and_complete_ones_beside() {
        for (value, shown) in [
            (0.0, "0"),
            (0.05, "0.05"),
            (-0.004812345, "\u{2212}0.004812"),
            (0.549_833_770_150_010_3, "0.5498"),
            (319.257_732_269_254_7, "319.3"),
            (61_349.915_878, "61350"),
            (146_999.3, "146999"),
            (1e10, "1\u{a0}\u{d7}\u{a0}10<sup>10</sup>"),
            (6.742e-15, "6.74\u{a0}\u{d7}\u{a0}10<sup>\u{2212}15</sup>"),
        ] {
            assert_eq!(number(value).into_string(), format!("<data value=\"{value:?}\">{shown}</data>"));
        }
        assert_eq!(number(f64::NAN).into_string(), "<data value=\"null\">\u{2013}</data>");
        assert_eq!(
            element(&u64::MAX.into(), Some("info/seed")).into_string(),
            "<data value=\"18446744073709551615\" data-key=\"info/seed\">18446744073709551615</data>"
        );
    }
}
