use std::collections::BTreeMap;
use std::time::Duration;

use toml::Value;

use crate::plan::{SecretSource, format_duration};

/// Writes TOML in the order of its calls.
#[derive(Default)]
pub(super) struct TomlWriter {
    text: String,
}

impl TomlWriter {
    /// Begins a table with the names in `path`.
    pub(super) fn section(&mut self, path: &[&str]) {
        let header = Self::path(path);
        self.header(&format!("[{header}]"));
    }

    /// Begins an item of an array of tables.
    pub(super) fn item(&mut self, name: &str) {
        self.header(&format!("[[{name}]]"));
    }

    /// Writes a key and its value.
    pub(super) fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.raw(key, &value.into().to_string());
    }

    /// Writes a key if it has a value.
    pub(super) fn given<T: Into<Value>>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Writes a key whose value is TOML already.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.text.push_str(&format!("{} = {value}\n", Self::path(&[key])));
    }

    /// Writes a duration.
    pub(super) fn duration(&mut self, key: &str, value: Duration) {
        self.put(key, format_duration(value));
    }

    /// Writes an array unless it is empty.
    pub(super) fn texts(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            self.put(key, values.to_vec());
        }
    }

    /// Writes an inline table unless it is empty.
    pub(super) fn pairs(&mut self, key: &str, pairs: &BTreeMap<String, String>) {
        if !pairs.is_empty() {
            let entries = pairs.iter();
            let entries: Vec<String> = entries
                .map(|(name, value)| format!("{} = {}", Self::path(&[name]), Value::from(value.as_str())))
                .collect();
            self.raw(key, &format!("{{ {} }}", entries.join(", ")));
        }
    }

    /// Writes the place of a secret.
    pub(super) fn secret(&mut self, key: &str, source: Option<&SecretSource>) {
        if let Some(source) = source {
            self.raw(key, &format!("{{ secret = {} }}", Value::from(source.to_string())));
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn header(&mut self, header: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(header);
        self.text.push('\n');
    }

    /// Joins keys with dots; a key of other characters than those of a bare key is quoted (TOML 1.0, "Keys").
    fn path(keys: &[&str]) -> String {
        let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let written = keys.iter().map(|key| match key.chars().all(bare) && !key.is_empty() {
            true => (*key).to_owned(),
            false => basic_string(key),
        });
        written.collect::<Vec<_>>().join(".")
    }
}

/// Writes a basic string (TOML 1.0, "String").
fn basic_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
