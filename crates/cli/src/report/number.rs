//! Numbers for people, with all digits beside.

use maud::{Markup, html};

/// Numbers that take no more characters than this are shown whole.
const SHORT: usize = 6;

/// A rounded number as a `<data>` element that holds all digits; `key` is its path in the JSON of a command, or empty.
pub(super) fn number(value: f64, key: &str) -> Markup {
    let key = (!key.is_empty()).then_some(key);
    html! { data value=(format!("{value:?}")) data-key=[key] { (rounded(value)) } }
}

/// The same for a whole number.
pub(super) fn whole(value: u64, key: &str) -> Markup {
    let key = (!key.is_empty()).then_some(key);
    html! { data value=(value) data-key=[key] { (value) } }
}

/// Four digits, or fewer where they say it all; powers of ten where there are many zeros.
fn rounded(value: f64) -> Markup {
    let size = value.abs();
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let plain = size.to_string();
    if !value.is_finite() {
        return html! { "\u{2013}" };
    }
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
            (f64::NAN, "\u{2013}"),
        ] {
            let element = number(value, "").into_string();
            assert_eq!(element, format!("<data value=\"{value:?}\">{shown}</data>"));
        }
        assert_eq!(
            whole(u64::MAX, "info/seed").into_string(),
            "<data value=\"18446744073709551615\" data-key=\"info/seed\">18446744073709551615</data>"
        );
    }
}
