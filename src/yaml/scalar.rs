//! The types of plain scalars in YAML 1.1 (yaml.org/type, as implemented by PyYAML).

use std::sync::LazyLock;

use regex_lite::Regex;

use super::YamlValue;

/// Compiles the pattern of a type.
fn pattern(text: &str) -> Regex {
    // The patterns are the constants below, so no input can cause this.
    Regex::new(text).unwrap_or_else(|error| unreachable!("{text}: {error}"))
}

static INT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)$"));
static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$",
    )
});
static TIMESTAMP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?)$",
    )
});

/// Returns the value of a plain scalar.
pub(super) fn resolve(text: &str) -> YamlValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return YamlValue::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return YamlValue::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return YamlValue::Bool(false),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return string(text);
    }
    if INT.is_match(text) {
        // An integer too large for any limit in the schema is still an integer.
        return YamlValue::Int(int(&text.replace('_', "")).unwrap_or(i64::MAX));
    }
    if FLOAT.is_match(text) {
        return YamlValue::Float(text.replace('_', "").parse().unwrap_or(f64::NAN));
    }
    if TIMESTAMP.is_match(text) { YamlValue::Timestamp(text.to_owned()) } else { string(text) }
}

fn string(text: &str) -> YamlValue {
    YamlValue::Text { text: text.to_owned(), literal_from: None }
}

fn int(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = if let Some(digits) = digits.strip_prefix("0b") {
        i64::from_str_radix(digits, 2).ok()?
    } else if let Some(digits) = digits.strip_prefix("0x") {
        i64::from_str_radix(digits, 16).ok()?
    } else if digits.contains(':') {
        // Sexagesimal: 1:30 is 90.
        digits.split(':').try_fold(0_i64, |sum, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?))?
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8).ok()?
    } else {
        digits.parse().ok()?
    };
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_pyyaml_takes_them_for() {
        let text = |text: &str| YamlValue::Text { text: text.to_owned(), literal_from: None };
        for (written, value) in [
            ("yes", YamlValue::Bool(true)),
            ("Off", YamlValue::Bool(false)),
            ("y", text("y")),
            ("~", YamlValue::Null),
            ("0644", YamlValue::Int(420)),
            ("0o644", text("0o644")),
            ("08", text("08")),
            ("1_000", YamlValue::Int(1000)),
            ("-0x1F", YamlValue::Int(-31)),
            ("1:30", YamlValue::Int(90)),
            ("99999999999999999999", YamlValue::Int(i64::MAX)),
            ("1.5", YamlValue::Float(1.5)),
            ("1e3", text("1e3")),
            ("22.04", YamlValue::Float(22.04)),
            ("2026-11-20", YamlValue::Timestamp("2026-11-20".to_owned())),
            ("1.2.3", text("1.2.3")),
            ("-", text("-")),
        ] {
            assert_eq!(resolve(written), value, "{written}");
        }
    }
}
