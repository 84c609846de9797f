//! What a text means as an answer.

use std::fmt;

/// The value of an answer, in the one form that all ways of writing it share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerValue {
    /// There is none.
    Nothing,
    /// A text.
    Text(String),
    /// A number.
    Number(u32),
    /// Yes or no.
    Flag(bool),
}

/// As it is typed.
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
    /// As the answers file has it.
    pub fn toml(&self) -> toml::Value {
        match self {
            Self::Nothing => toml::Value::String(String::new()),
            Self::Text(text) => toml::Value::String(text.clone()),
            Self::Number(number) => toml::Value::Integer(i64::from(*number)),
            Self::Flag(flag) => toml::Value::Boolean(*flag),
        }
    }

    /// The text; none where there is none.
    pub fn into_text(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            other => Some(other.to_string()),
        }
    }

    /// The number; none where it is none.
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}
