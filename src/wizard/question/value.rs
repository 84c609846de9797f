//! Values of answers.

use std::fmt;

/// The value of an answer, in normalised form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerValue {
    /// No value.
    Nothing,
    /// A text.
    Text(String),
    /// A number.
    Number(u32),
    /// Yes or no.
    Flag(bool),
}

/// Writes the value as it is typed.
impl fmt::Display for AnswerValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

impl AnswerValue {
    /// Returns the value as in the answers file.
    pub fn toml(&self) -> toml::Value {
        match self {
            Self::Nothing => toml::Value::String(String::new()),
            Self::Text(text) => toml::Value::String(text.clone()),
            Self::Number(number) => toml::Value::Integer(i64::from(*number)),
            Self::Flag(flag) => toml::Value::Boolean(*flag),
        }
    }

    /// Returns the text; `None` without a value.
    pub fn into_text(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            other => Some(other.to_string()),
        }
    }

    /// Returns the number; `None` if it is not one.
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}
