//! YAML as values with line numbers, in two dialects: that of cloud-init, and the core schema of YAML 1.2 for files
//! that hoist itself reads.
//!
//! cloud-init reads YAML 1.1 (PyYAML's safe loader): `yes` is true, `0644` is 420 and `2026-11-20` is a date, and its
//! schema applies to these values, not to their notation.

mod dialect;
mod error;
mod load;
mod refused;
mod scalar;
mod size;
mod value;

pub(crate) use error::ProblemKind;
pub(crate) use load::{Document, load};
pub(crate) use value::{ValueError, read_value};

/// A value with its line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The line of its key or, without a key, of the value; from 1.
    pub(crate) line: u32,
    pub(crate) value: YamlValue,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum YamlValue {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string, and for a literal block (`|`) the number of its first line.
    Text {
        text: String,
        literal_from: Option<u32>,
    },
    /// A date or time, which is not a string.
    Timestamp(String),
    List(Vec<Node>),
    /// Keys and values, in order; each key has its line.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Returns the text of a string.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Returns the value of a mapping's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let YamlValue::Map(entries) = &self.value else { return None };
        entries.iter().rev().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Returns the entries of a list; empty for other values.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            YamlValue::List(items) => items,
            _ => &[],
        }
    }
}

/// Returns whether cloud-init converts the string to a boolean where it expects one.
pub(crate) fn says_yes_or_no(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "1", "on", "yes", "off", "0", "no", "false"];
    WORDS.contains(&text.trim().to_ascii_lowercase().as_str())
}

impl YamlValue {
    /// Returns whether cloud-init regards the value as true: `yes`, `"on"` and `1` are.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Int(value) => *value == 1,
            Self::Text { text, .. } => matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "on" | "yes"),
            _ => false,
        }
    }

    /// Returns a scalar in Python's notation, to which cloud-init converts it where it expects a string.
    pub(crate) fn as_written(&self) -> Option<String> {
        match self {
            Self::Bool(true) => Some("True".to_owned()),
            Self::Bool(false) => Some("False".to_owned()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::Text { text, .. } | Self::Timestamp(text) => Some(text.clone()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns the name of the type for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text { .. } => "a string",
            Self::Timestamp(_) => "a date",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}
