//! YAML as JSON values.

use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::error::YamlError;
use super::load::load_as;
use super::{Node, YamlValue};

/// The reason why a text has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    /// The text is not YAML, or larger than anybody writes.
    #[error(transparent)]
    Text(#[from] YamlError),
    /// A mapping has a key twice.
    #[error("line {line}: \"{key}\" is given twice")]
    Repeated {
        /// The line of the second.
        line: u32,
        /// The key.
        key: String,
    },
}

impl ValueError {
    /// Returns the line, from 1.
    pub(crate) fn line(&self) -> u32 {
        match self {
            Self::Text(error) => error.line,
            Self::Repeated { line, .. } => *line,
        }
    }
}

/// Reads the only document of a text by the core schema of YAML 1.2.
pub(crate) fn read_value(text: &str) -> Result<Value, ValueError> {
    let document = load_as(text, Dialect::Core)?;
    match document.repeated.into_iter().next() {
        Some((key, line)) => Err(ValueError::Repeated { line, key }),
        None => Ok(json(document.root)),
    }
}

fn json(node: Node) -> Value {
    match node.value {
        YamlValue::Null => Value::Null,
        YamlValue::Bool(value) => Value::from(value),
        YamlValue::Int(value) => Value::from(value),
        YamlValue::Float(value) => Value::from(value),
        YamlValue::Text { text, .. } | YamlValue::Timestamp(text) => Value::from(text),
        YamlValue::List(items) => items.into_iter().map(json).collect(),
        YamlValue::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (name(key), json(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

/// Returns a key as JSON has it: text.
fn name(key: Node) -> String {
    match json(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_become_json() {
        let text =
            "name: web\nreplicas: 3\nmode: 0644\nports: [80, 443]\nbase: &b {x: 1}\nmore:\n  <<: *b\n  y: ~\n1: one\n";
        let value = json!({"name": "web", "replicas": 3, "mode": "0644", "ports": [80, 443], "base": {"x": 1},
            "more": {"x": 1, "y": null}, "1": "one"});
        assert_eq!(read_value(text).unwrap(), value);
        assert_eq!(read_value("").unwrap(), Value::Null);
        assert_eq!(read_value("{\"a\":\t[1.5, \"x\"]}").unwrap(), json!({"a": [1.5, "x"]}));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (text, line, part) in [
            ("a: 1\nb: 2\na: 3\n", 3, "\"a\" is given twice"),
            ("a: 1\n---\nb: 2\n", 2, "hoist reads one"),
            ("a: !secret x\n", 1, "does not know the tag"),
            ("a: [1\n", 1, ""),
        ] {
            let error = read_value(text).unwrap_err();
            assert_eq!(error.line(), line, "{text}: {error}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
    }
}
