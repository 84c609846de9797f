//! JSON configuration templates, in which values inserted into strings are escaped.

use std::fmt;
use std::path::Path;

use serde::de::IgnoredAny;

use super::dollar::{DollarError, DollarTemplate, UnknownVariable};
use super::notation::Notation;

/// Returns whether a configuration is meant to be JSON, according to its name.
pub fn is_json_config(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// Fills a JSON template. A value inside quotes becomes the content of a JSON string; one outside is inserted as it is,
/// or as a string if the result would otherwise not be JSON. In cloudinit.d's notation all values are inserted as they
/// are, like in cloudinit.d, unless the result is not JSON.
///
/// # Errors
/// A variable has no value.
pub fn fill_json<V: fmt::Display>(
    template: &DollarTemplate,
    notation: Notation,
    mut value_of: impl FnMut(&str) -> Option<V>,
) -> Result<String, DollarError> {
    let ways: &[Way] = match notation {
        Notation::Native => &[Way::Escaped, Way::Quoted],
        Notation::Cloudinitd => &[Way::Plain, Way::Escaped, Way::Quoted],
    };
    let mut first = None;
    for way in ways {
        let filled = fill(template, *way, &mut value_of)?;
        if is_json(&filled) {
            return Ok(filled);
        }
        first.get_or_insert(filled);
    }
    Ok(first.unwrap_or_default())
}

/// Returns the error of a JSON template, with its line, if it does not depend on the values. Returns `None` if values
/// are inserted outside of strings: then only the filled template can be checked.
pub(super) fn json_defect(template: &DollarTemplate) -> Option<(usize, String)> {
    let mut place = InsertionPoint::default();
    let mut all_inside = true;
    let filled = template
        .fill_after(|_, before| {
            place.go_on(before);
            all_inside &= place.inside;
            Ok::<_, UnknownVariable>(if place.inside { "" } else { "0" })
        })
        .ok()?;
    let error = serde_json::from_str::<serde_json::Value>(&filled).err()?;
    all_inside.then(|| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        (error.line(), message)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Values as they are.
    Plain,
    /// Values inside quotes are escaped.
    Escaped,
    /// Values outside quotes that are not JSON become strings, too.
    Quoted,
}

fn fill<V: fmt::Display>(
    template: &DollarTemplate,
    way: Way,
    value_of: &mut impl FnMut(&str) -> Option<V>,
) -> Result<String, DollarError> {
    let mut place = InsertionPoint::default();
    template.fill_after(|name, before| {
        place.go_on(before);
        let value = value_of(name).ok_or_else(|| UnknownVariable(name.to_owned()))?.to_string();
        Ok::<_, UnknownVariable>(match way {
            Way::Escaped | Way::Quoted if place.inside => {
                let quoted = quoted(&value);
                quoted[1..quoted.len() - 1].to_owned()
            }
            Way::Quoted if !is_json(&value) => quoted(&value),
            _ => value,
        })
    })
}

fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The position at the end of a growing text: inside or outside of a JSON string.
#[derive(Default)]
struct InsertionPoint {
    read: usize,
    inside: bool,
    escaped: bool,
}

impl InsertionPoint {
    fn go_on(&mut self, text: &str) {
        for byte in text.bytes().skip(self.read) {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.inside,
                b'"' => self.inside = !self.inside,
                _ => {}
            }
        }
        self.read = text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, notation: Notation, value: &str) -> String {
        fill_json(&DollarTemplate::parse(text).unwrap(), notation, |_| Some(value.to_owned())).unwrap()
    }

    #[test]
    fn values_inside_quotes_stay_there() {
        let text = r#"{"a": "<$x>", "b\"$x": ["$x"]}"#;
        let odd = "a \"b\" \\ c\n\td";
        let value: serde_json::Value = serde_json::from_str(&filled(text, Notation::Native, odd)).unwrap();
        assert_eq!(value, serde_json::json!({"a": format!("<{odd}>"), format!("b\"{odd}"): [odd]}));
        // A value cannot add a key.
        let value = filled(r#"{"a": "$x"}"#, Notation::Native, r#"", "b": ""#);
        assert_eq!(value, r#"{"a": "\", \"b\": \""}"#);
    }

    #[test]
    fn values_outside_quotes_are_json_or_become_strings() {
        let number = |value: &str| filled(r#"{"a": $x, "b": "$x"}"#, Notation::Native, value);
        assert_eq!(number("12"), r#"{"a": 12, "b": "12"}"#);
        assert_eq!(number("10.0.0.1"), r#"{"a": "10.0.0.1", "b": "10.0.0.1"}"#);
        assert_eq!(filled("[$x]", Notation::Native, "1,2"), "[1,2]");
        assert_eq!(filled("{$x}", Notation::Native, "\"k\":1"), "{\"k\":1}");
    }

    #[test]
    fn cloudinitd_puts_values_down_as_they_are_where_that_is_json() {
        let text = r#"{"a": "$x"}"#;
        assert_eq!(filled(text, Notation::Cloudinitd, r"tab\there"), r#"{"a": "tab\there"}"#);
        assert_eq!(filled(text, Notation::Cloudinitd, "say \"hi\""), r#"{"a": "say \"hi\""}"#);
        // A text that is not JSON is left as it is.
        assert_eq!(filled("a = \"$x", Notation::Cloudinitd, "\"1"), "a = \"\"1");
    }

    #[test]
    fn what_can_never_be_json_is_found() {
        let defect = |text: &str| json_defect(&DollarTemplate::parse(text).unwrap());
        assert_eq!(defect("{\"a\": \"$x\",\n \"b\": $y}"), None);
        assert_eq!(defect("{\"a\": \"$x\",\n}"), Some((2, "trailing comma".to_owned())));
        assert_eq!(defect("{\"a\": \"$x\"\n"), Some((2, "EOF while parsing an object".to_owned())));
        assert_eq!(defect("{$pairs}"), None, "only the filled one can tell");
    }
}
