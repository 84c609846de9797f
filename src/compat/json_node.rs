//! Reader of a JSON document value by value, which reports each error with its line.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::json_lines::{JsonLines, child};
use crate::diagnostics::{Diagnostic, Place, Severity, did_you_mean};

/// A document with the problems found in it.
pub(super) struct JsonDocument {
    file: PathBuf,
    lines: JsonLines,
    value: Value,
    problems: RefCell<Vec<Diagnostic>>,
}

/// A value of a document.
pub(super) struct JsonNode<'a> {
    document: &'a JsonDocument,
    path: String,
    value: &'a Value,
}

impl JsonDocument {
    /// Parses `text`, read from `file`.
    ///
    /// # Errors
    /// It is not valid JSON.
    pub(super) fn parse(text: &str, file: &Path) -> Result<Self, Diagnostic> {
        let value = serde_json::from_str(text).map_err(|error| {
            let told = error.to_string();
            let told = told.rfind(" at line ").map_or(told.as_str(), |at| &told[..at]);
            Diagnostic::error(format!("this is no JSON: {told}"))
                .at(Place::new(file, Some(error.line().max(1))))
                .printable()
        })?;
        let lines = JsonLines::of(text);
        let repeated = lines.repeated.iter().map(|(path, line)| {
            Diagnostic::error(format!("\"{path}\" is given twice")).at(Place::new(file, Some(*line))).printable()
        });
        let problems = RefCell::new(repeated.collect());
        Ok(Self { file: file.to_owned(), lines, value, problems })
    }

    /// Returns the root value.
    pub(super) fn root(&self) -> JsonNode<'_> {
        JsonNode { document: self, path: String::new(), value: &self.value }
    }

    /// Returns all problems, sorted by line.
    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems
    }
}

impl<'a> JsonNode<'a> {
    /// Checks that this is an object with only these keys; `idle` ones are known but have no effect here.
    pub(super) fn keys(&self, known: &[&str], idle: &[&str]) {
        let Value::Object(entries) = self.value else { return self.wrong("an object") };
        for key in entries.keys() {
            let path = child(&self.path, key);
            if idle.contains(&key.as_str()) {
                self.report(
                    Severity::Warning,
                    &path,
                    format!("\"{path}\" has no effect: hoist launches without it"),
                    None,
                );
            } else if !known.contains(&key.as_str()) {
                let near = did_you_mean(key, known.iter().chain(idle).copied());
                let hint = near.unwrap_or_else(|| format!("known: {}", known.join(", ")));
                self.report(Severity::Error, &path, format!("unknown key \"{path}\""), Some(hint));
            }
        }
    }

    /// Returns the value of a key, if present.
    pub(super) fn get(&self, key: &str) -> Option<JsonNode<'a>> {
        let value = self.value.get(key)?;
        Some(JsonNode { document: self.document, path: child(&self.path, key), value })
    }

    /// Returns the values of a list; reports any other value and returns none.
    pub(super) fn items(&self) -> Vec<JsonNode<'a>> {
        let Value::Array(values) = self.value else {
            self.wrong("a list");
            return Vec::new();
        };
        let node =
            |(index, value)| JsonNode { document: self.document, path: format!("{}[{index}]", self.path), value };
        values.iter().enumerate().map(node).collect()
    }

    /// Returns a non-empty text without control characters; reports any other value.
    pub(super) fn text(&self) -> Option<String> {
        let text = self.long_text()?;
        if text.trim().is_empty() {
            self.error("is empty; leave it out", None);
            return None;
        }
        if text.contains(char::is_control) {
            self.error("holds a control character", None);
            return None;
        }
        Some(text)
    }

    /// Returns any text; reports any other value.
    pub(super) fn long_text(&self) -> Option<String> {
        if let Value::String(text) = self.value {
            return Some(text.clone());
        }
        self.wrong("a text");
        None
    }

    /// Returns the texts of a list.
    pub(super) fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(JsonNode::text).collect()
    }

    /// Returns a truth value.
    pub(super) fn yes(&self) -> Option<bool> {
        if let Value::Bool(yes) = self.value {
            return Some(*yes);
        }
        self.wrong("true or false");
        None
    }

    /// Returns the keys and values of an object of texts.
    pub(super) fn entries(&self) -> Vec<(String, String)> {
        let Value::Object(entries) = self.value else {
            self.wrong("an object");
            return Vec::new();
        };
        let value = |key: &String| self.get(key).and_then(|value| value.long_text());
        entries.keys().filter_map(|key| Some((key.clone(), value(key)?))).collect()
    }

    /// Returns whether this object has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// Reports an error in this value; `message` continues a sentence that begins with its name.
    pub(super) fn error(&self, message: &str, hint: Option<&str>) {
        let name = if self.path.is_empty() { "the document".to_owned() } else { format!("\"{}\"", self.path) };
        self.report(Severity::Error, &self.path, format!("{name} {message}"), hint.map(str::to_owned));
    }

    /// Reports a valid value without effect, or with an unexpected one.
    pub(super) fn warning(&self, message: &str) {
        self.report(Severity::Warning, &self.path, format!("\"{}\" {message}", self.path), None);
    }

    fn wrong(&self, wanted: &str) {
        let is = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.error(&format!("must be {wanted}, not {is}"), None);
    }

    fn report(&self, severity: Severity, path: &str, message: String, hint: Option<String>) {
        let place = Place::new(&self.document.file, self.document.lines.line(path));
        let problem = Diagnostic::new(severity, message).at(place).hints(hint).printable();
        self.document.problems.borrow_mut().push(problem);
    }
}
