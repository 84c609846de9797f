//! Escaping of values for various notations; each result reads back as the same value.

use serde_json::{Number, Value};

use super::unfit_value::UnfitValue;

/// Maximum length of a mapping key that YAML reads without a preceding `?` (YAML 1.2, 7.4.2: 1024 characters), with
/// room for its quotes.
const LONGEST_KEY: usize = 1000;

/// Formats the value as JSON on one line.
pub(super) fn json(value: &Value) -> String {
    hide_jinja(&value.to_string(), "\\u007b")
}

/// Formats the value as YAML on one line, in flow style with double-quoted strings, which YAML 1.1 and 1.2 read alike.
pub(crate) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    write_yaml(value, &mut text);
    hide_jinja(&text, "\\x7B")
}

/// Formats the value as TOML (1.0) on one line, with basic strings; an object is an inline table.
///
/// # Errors
/// A null, which TOML lacks, or a number that it cannot represent.
pub(super) fn toml(value: &Value) -> Result<String, UnfitValue> {
    let mut text = String::new();
    write_toml(value, &mut text)?;
    Ok(hide_jinja(&text, "\\u007B"))
}

/// Formats one word for a POSIX shell.
///
/// # Errors
/// A NUL, which ends a word in every shell.
pub(super) fn shell(word: &str) -> Result<String, UnfitValue> {
    if word.contains('\0') {
        return Err("holds a NUL character, which no shell word can; write it with base64 and decode it there".into());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    // Programs take a word that begins with `-` for an option, quoted or not; quotes would only look like a remedy.
    if !word.is_empty() && word.chars().all(plain) {
        return Ok(word.to_owned());
    }
    // In single quotes only the quote itself is special (POSIX, 2.2.2); `{''{` is the same word as `{{`.
    Ok(format!("'{}'", hide_jinja(&word.replace('\'', "'\\''"), "{''")))
}

/// Indents the lines of a text by `width` spaces, except empty ones, for a YAML block scalar.
///
/// # Errors
/// Text that such a block would drop or change, or that would end it.
pub(crate) fn indent(width: usize, text: &str) -> Result<String, UnfitValue> {
    const INSTEAD: &str = "write it with yaml or base64, which keep every byte";
    if let Some(bad) = text.chars().find(|&c| c != '\n' && c != '\t' && !yaml_prints(c)) {
        return Err(format!("holds {}, which a block of lines cannot; {INSTEAD}", bad.escape_unicode()).into());
    }
    if text.starts_with([' ', '\t', '\n']) {
        return Err(format!("begins with white space, from which a block would take its indentation; {INSTEAD}").into());
    }
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.ends_with('\n') {
        return Err(format!("ends with several line ends, of which a block keeps one; {INSTEAD}").into());
    }
    let space = " ".repeat(width);
    let lines: Vec<String> =
        text.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{space}{line}") }).collect();
    Ok(lines.join("\n"))
}

fn write_yaml(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&yaml_number(number)),
        Value::String(text) => write_yaml_string(text, out),
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_yaml(value, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                let mut quoted = String::new();
                write_yaml_string(key, &mut quoted);
                out.push_str(if quoted.len() > LONGEST_KEY { "? " } else { "" });
                out.push_str(&quoted);
                out.push_str(": ");
                write_yaml(value, out);
            }
            out.push('}');
        }
    }
}

/// Formats a number; YAML 1.1 takes one with an exponent for text unless it has a point and the exponent a sign.
fn yaml_number(number: &Number) -> String {
    let text = number.to_string();
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

fn write_yaml_string(text: &str, out: &mut String) {
    write_quoted(text, out, |code| if code <= 0xff { format!("\\x{code:02X}") } else { format!("\\u{code:04X}") });
}

/// Writes a string in double quotes, in the common syntax of YAML and TOML; characters that YAML does not print are
/// written as `escape` of their code.
fn write_quoted(text: &str, out: &mut String, escape: impl Fn(u32) -> String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if yaml_prints(c) => out.push(c),
            c => out.push_str(&escape(u32::from(c))),
        }
    }
    out.push('"');
}

fn write_toml(value: &Value, out: &mut String) -> Result<(), UnfitValue> {
    match value {
        Value::Null => return Err("is null, which TOML has not; {{default NAME VALUE}} says what to take".into()),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(number) if number.is_u64() && !number.is_i64() => {
            return Err("is a number too large for TOML".into());
        }
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_toml_string(text, out),
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_toml(value, out)?;
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { " " });
                write_toml_string(key, out);
                out.push_str(" = ");
                write_toml(value, out)?;
            }
            out.push_str(if entries.is_empty() { "}" } else { " }" });
        }
    }
    Ok(())
}

/// Writes a basic string (TOML 1.0, "String") that can also stand in a YAML block of lines.
fn write_toml_string(text: &str, out: &mut String) {
    write_quoted(text, out, |code| format!("\\u{code:04X}"));
}

/// Returns whether YAML accepts a character unescaped (YAML 1.2, 5.1) and no version takes it for a line end.
fn yaml_prints(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

/// Writes the brace of `{{`, `{%` and `{#` as `brace`, which hides them from Jinja: cloud-init runs it on user data
/// that begins with `## template: jinja`. Outside of values, none of these occurs in JSON, flow YAML or quotes.
fn hide_jinja(text: &str, brace: &str) -> String {
    if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
        return text.to_owned();
    }
    let mut hidden = String::with_capacity(text.len() + brace.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let opens = c == '{' && characters.peek().is_some_and(|next| "{%#".contains(*next));
        if opens { hidden.push_str(brace) } else { hidden.push(c) }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_stay_numbers_for_every_yaml() {
        for (number, written) in
            [(json!(1e300), "1.0e+300"), (json!(1.5e-9), "1.5e-9"), (json!(-3), "-3"), (json!(0.5), "0.5")]
        {
            assert_eq!(yaml(&number), written);
        }
    }

    #[test]
    fn toml_reads_back() {
        let wicked = "a\"b\\c\r\n\t# \u{0}\u{7f}\u{85}\u{2028}\u{feff}\u{ffff}\u{1f980} {{x}} {%";
        let value = json!({"k \" ": [wicked, 1, -2, 1.5, 1e300, true, {}], "n": {"b": [], "\u{0}": ""}});
        let read: toml::Table = format!("v = {}", toml(&value).unwrap()).parse().unwrap();
        assert_eq!(serde_json::to_value(&read["v"]).unwrap(), value);
        assert!(!toml(&value).unwrap().contains("{{"));
        for (value, why) in [(json!([null]), "null"), (json!(u64::MAX), "too large")] {
            assert!(toml(&value).unwrap_err().to_string().contains(why));
        }
    }

    #[test]
    fn jinja_sees_no_value() {
        assert_eq!(json(&json!("{{{ {% {# {")), r#""\u007b\u007b{ \u007b% \u007b# {""#);
        assert_eq!(yaml(&json!({"{{a": "{%"})), r#"{"\x7B{a": "\x7B%"}"#);
        assert_eq!(shell("{{x}}").unwrap(), "'{''{x}}'");
    }

    #[test]
    fn blocks_refuse_what_they_would_change() {
        assert_eq!(indent(2, "a\n\n  b\n").unwrap(), "  a\n\n    b");
        assert_eq!(indent(2, "").unwrap(), "");
        for (text, why) in [
            (" a", "begins"),
            ("\na", "begins"),
            ("a\n\n", "ends"),
            ("a\r\nb", "u{d}"),
            ("\u{85}", "u{85}"),
            ("\0", "u{0}"),
        ] {
            assert!(indent(2, text).unwrap_err().to_string().contains(why), "{text:?}");
        }
    }
}
