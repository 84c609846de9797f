//! The dialects of YAML: what plain scalars mean.

use super::YamlValue;
use super::scalar;

/// A dialect of YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// YAML 1.1 as PyYAML reads it for cloud-init.
    CloudInit,
    /// The core schema of YAML 1.2 (yaml.org/spec/1.2.2, 10.3), in which numbers with a leading zero are strings:
    /// nobody means another number than the one that is written.
    Core,
}

impl Dialect {
    /// Returns the program that reads it, for messages.
    pub(super) fn reader(self) -> &'static str {
        match self {
            Self::CloudInit => "cloud-init",
            Self::Core => "hoist",
        }
    }

    /// Returns whether a plain scalar is refused as a value.
    pub(super) fn refuses(self, text: &str) -> bool {
        self == Self::CloudInit && matches!(text, "=" | "<<")
    }

    /// Returns the value of a plain scalar.
    pub(super) fn resolve(self, text: &str) -> YamlValue {
        match self {
            Self::CloudInit => scalar::resolve(text),
            Self::Core => core(text),
        }
    }
}

fn core(text: &str) -> YamlValue {
    let string = || YamlValue::Text { text: text.to_owned(), literal_from: None };
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return YamlValue::Null,
        "true" | "True" | "TRUE" => return YamlValue::Bool(true),
        "false" | "False" | "FALSE" => return YamlValue::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) =
            text.strip_prefix(prefix).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return i64::from_str_radix(digits, radix).map_or_else(|_| string(), YamlValue::Int);
        }
    }
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if has_leading_zero || !is_number {
        return string();
    }
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => YamlValue::Int(number),
        (_, Ok(number)) if number.is_finite() => YamlValue::Float(number),
        _ => string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_of_the_core_schema() {
        let text = |text: &str| YamlValue::Text { text: text.to_owned(), literal_from: None };
        for (written, value) in [
            ("true", YamlValue::Bool(true)),
            ("yes", text("yes")),
            ("no", text("no")),
            ("~", YamlValue::Null),
            ("12", YamlValue::Int(12)),
            ("-7", YamlValue::Int(-7)),
            ("0644", text("0644")),
            ("0o644", YamlValue::Int(420)),
            ("0x1F", YamlValue::Int(31)),
            ("0", YamlValue::Int(0)),
            ("0.5", YamlValue::Float(0.5)),
            ("1e3", YamlValue::Float(1000.0)),
            ("1.2.3", text("1.2.3")),
            ("1:30", text("1:30")),
            ("2026-11-20", text("2026-11-20")),
            ("99999999999999999999", YamlValue::Float(1e20)),
            ("-", text("-")),
            (".", text(".")),
        ] {
            assert_eq!(Dialect::Core.resolve(written), value, "{written}");
        }
    }
}
