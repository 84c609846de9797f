//! YAML as cloud-init reads it, with the line of everything.
//!
//! cloud-init reads YAML 1.1 (PyYAML's safe loader): `yes` is true, `0644` is 420 and `2026-11-20` is a date there, and
//! its schema is about what those are, not about how they are written.

mod load;
mod refused;
mod scalar;
mod size;

pub(crate) use load::{Document, ProblemKind, load};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The line of its key, or of the value where it has none; from 1.
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
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The value of a key of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let YamlValue::Map(entries) = &self.value else { return None };
        entries.iter().rev().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// The entries of a list; none where it is not one.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            YamlValue::List(items) => items,
            _ => &[],
        }
    }
}

/// Whether cloud-init reads a string as true or false where it wants to know that.
pub(crate) fn says_yes_or_no(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "1", "on", "yes", "off", "0", "no", "false"];
    WORDS.contains(&text.trim().to_ascii_lowercase().as_str())
}

impl YamlValue {
    /// Whether it is true as cloud-init sees it: `yes`, `"on"` and `1` are.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Int(value) => *value == 1,
            Self::Text { text, .. } => matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "on" | "yes"),
            _ => false,
        }
    }

    /// A scalar as Python writes it, which is what cloud-init makes of it where it wants a string.
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

    /// What kind of value it is, for people.
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
