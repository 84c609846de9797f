//! Whether a value is what a schema of a document says, as strictly as Google's parser of JSON or more so.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use regex_lite::Regex;
use serde_json::Value;

use super::document::Document;
use super::format;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `resource.disks[0].autoDelete`.
    pub at: String,
    pub what: String,
}

/// Collects all that is wrong with values of one method.
pub struct Checker<'a> {
    document: &'a Document,
    /// Some fields are needed by certain methods alone.
    method: &'a str,
    pub problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    pub fn new(document: &'a Document, method: &'a str) -> Self {
        Self { document, method, problems: Vec::new() }
    }

    pub(super) fn problem(&mut self, at: &str, what: String) {
        self.problems.push(Problem { at: at.to_owned(), what });
    }

    /// Looks at a value of the schema of this name.
    pub fn named(&mut self, schema: &str, value: &Value, at: &str) {
        self.value(self.document.schema(schema), value, at);
    }

    /// Looks at a parameter, which is always written as text.
    pub(super) fn parameter(&mut self, schema: &Value, text: &str, at: &str) {
        let value = match schema["type"].as_str() {
            Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
            _ => Value::from(text),
        };
        self.value(schema, &value, at);
    }

    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        if let Some(name) = schema["$ref"].as_str() {
            return self.named(name, value, at);
        }
        match (schema["type"].as_str().unwrap_or_default(), value) {
            ("object", Value::Object(fields)) => fields.iter().for_each(|(name, field)| {
                let at = format!("{at}.{name}");
                match (schema["properties"].get(name), schema.get("additionalProperties")) {
                    (Some(schema), _) | (None, Some(schema)) => self.value(schema, field, &at),
                    (None, None) => self.problem(&at, format!("Unknown name \"{name}\": Cannot find field.")),
                }
            }),
            ("array", Value::Array(items)) => {
                for (number, item) in items.iter().enumerate() {
                    let at = format!("{at}[{number}]");
                    self.value(&schema["items"], item, &at);
                    self.pattern(schema, item, &at);
                }
            }
            ("string", Value::String(text)) => self.text(schema, text, value, at),
            ("boolean", Value::Bool(_)) | ("any", _) => {}
            ("integer" | "number", Value::Number(number)) => {
                let fits = format::number(schema["format"].as_str(), number);
                let bound = |key: &str| schema[key].as_str().and_then(|bound| bound.parse::<f64>().ok());
                let number = number.as_f64().unwrap_or(f64::NAN);
                let within = bound("minimum").is_none_or(|least| number >= least)
                    && bound("maximum").is_none_or(|most| number <= most);
                if !fits || !within {
                    self.problem(at, format!("Invalid value for field '{at}': '{value}'."));
                }
            }
            (expected, _) => self.problem(at, format!("Invalid value for field '{at}': '{value}' is no {expected}.")),
        }
        self.needed(schema, value, at);
    }

    fn text(&mut self, schema: &Value, text: &str, value: &Value, at: &str) {
        let listed = schema["enum"].as_array();
        if listed.is_some_and(|listed| !listed.contains(value)) {
            self.problem(at, format!("Invalid value for field '{at}': '{text}'."));
        }
        if let Some(name) = schema["format"].as_str().filter(|name| !format::text(name, text)) {
            self.problem(at, format!("Invalid value for field '{at}': '{text}' is no {name}."));
        }
        self.pattern(schema, value, at);
    }

    fn pattern(&mut self, schema: &Value, value: &Value, at: &str) {
        let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str()) else { return };
        if !whole(pattern, text).unwrap_or(false) {
            let what = format!("Invalid value for field '{at}': '{text}'. Must be a match of regex '{pattern}'");
            self.problem(at, what);
        }
    }

    /// The fields that this method needs.
    fn needed(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(fields) = value.as_object() else { return };
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let methods = field["annotations"]["required"].as_array();
            let needed = methods.is_some_and(|methods| methods.iter().any(|method| method == self.method));
            if needed && !fields.contains_key(name) {
                self.problem(at, format!("Required field '{at}.{name}' not specified"));
            }
        }
    }
}

/// Whether a pattern matches all of a text; an error when it is no pattern.
pub(super) fn whole(pattern: &str, text: &str) -> Result<bool, String> {
    static COMPILED: LazyLock<Mutex<BTreeMap<String, Arc<Regex>>>> = LazyLock::new(Mutex::default);
    let known = COMPILED.lock().unwrap().get(pattern).cloned();
    let regex = match known {
        Some(regex) => regex,
        None => {
            let new = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| error.to_string())?;
            let new = Arc::new(new);
            COMPILED.lock().unwrap().insert(pattern.to_owned(), Arc::clone(&new));
            new
        }
    };
    Ok(regex.is_match(text))
}
