//! YAML as cloud-init reads it, with the line of everything.
//!
//! cloud-init reads YAML 1.1 (PyYAML's safe loader): `yes` is true, `0644` is 420 and `2026-11-20` is a date there, and its
//! schema is about what those are, not about how they are written.

mod load;
mod scalar;

pub(super) use load::{Document, load};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// The line of its key, or of the value where it has none; from 1.
    pub(super) line: u32,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string; where it is a literal block (`|`), the line of its first line.
    Text {
        text: String,
        literal_from: Option<u32>,
    },
    /// A date or a time, which is no string.
    Timestamp(String),
    List(Vec<Node>),
    /// Keys, each with its line, in order.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a string.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The value of a key of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().rev().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// The entries of a list; none where it is not one.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }
}

impl Value {
    /// What kind of value it is, for people.
    pub(super) fn kind(&self) -> &'static str {
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
