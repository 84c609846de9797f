//! What an expression evaluates to.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use super::display::{write_list_line, write_text};
use super::expression::{ClassAd, Expression};
use super::frame::Frame;
use super::literal::{AbsTime, Literal};
use super::number::{real_text, to_i32};
use super::time_text::{absolute_text, relative_text};

/// A list. Its items are evaluated when they are needed, as in HTCondor.
#[derive(Clone, Debug)]
pub struct List {
    pub(super) items: Arc<[Expression]>,
    /// The ad that the list stands in.
    pub(super) frame: Frame,
    /// Whether a function made it. `=?=` tells such a list from one that was written.
    pub(super) made: bool,
}

impl List {
    /// The items.
    #[must_use]
    pub fn items(&self) -> &[Expression] {
        &self.items
    }

    pub(super) fn of(items: impl IntoIterator<Item = Expression>) -> Value {
        Value::List(Arc::new(Self { items: items.into_iter().collect(), frame: Frame::Nothing, made: true }))
    }
}

/// What an expression evaluates to.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing is known, as for a missing attribute.
    Undefined,
    /// The expression makes no sense, like `1 / 0`.
    Error,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text.
    String(Arc<str>),
    /// A point in time.
    AbsTime(AbsTime),
    /// A span of time in seconds.
    RelTime(f64),
    /// A list.
    List(Arc<List>),
    /// An ad.
    Ad(Frame),
}

impl Value {
    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// The value as a condition: a boolean, or a number other than 0.
    #[must_use]
    pub fn as_condition(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Integer(value) => Some(*value != 0),
            Self::Real(value) => Some(*value != 0.0),
            _ => None,
        }
    }

    /// The ad that the value is.
    #[must_use]
    pub fn as_ad(&self) -> Option<&ClassAd> {
        if let Self::Ad(Frame::Nested(nested)) = self { Some(&nested.ad) } else { None }
    }

    /// Whether the value is true as a condition.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.as_condition() == Some(true)
    }

    /// The kind of the value in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Error => "error",
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Real(_) => "real",
            Self::String(_) => "string",
            Self::AbsTime(_) => "abstime",
            Self::RelTime(_) => "reltime",
            Self::List(_) => "list",
            Self::Ad(_) => "ad",
        }
    }

    /// The value as a constant; `None` for a list and an ad.
    pub(super) fn to_literal(&self) -> Option<Literal> {
        Some(match self {
            Self::Undefined => Literal::Undefined,
            Self::Error => Literal::Error,
            Self::Boolean(value) => Literal::Boolean(*value),
            Self::Integer(value) => Literal::Integer(*value),
            Self::Real(value) => Literal::Real(*value),
            Self::String(text) => Literal::String(Arc::clone(text)),
            Self::AbsTime(time) => Literal::AbsTime(*time),
            Self::RelTime(seconds) => Literal::RelTime(f64::from(to_i32(*seconds))),
            Self::List(_) | Self::Ad(_) => return None,
        })
    }
}

impl From<&Literal> for Value {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Undefined => Self::Undefined,
            Literal::Error => Self::Error,
            Literal::Boolean(value) => Self::Boolean(*value),
            Literal::Integer(value) => Self::Integer(*value),
            Literal::Real(value) | Literal::RelTime(value) => Self::Real(*value),
            Literal::String(text) => Self::String(Arc::clone(text)),
            Literal::AbsTime(time) => Self::AbsTime(*time),
        }
    }
}

/// Prints the value as an expression that has it.
impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("undefined"),
            Self::Error => f.write_str("error"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(value) => f.write_str(&real_text(*value)),
            Self::String(text) => write_text(f, text),
            Self::AbsTime(time) => write!(f, "absTime(\"{}\")", absolute_text(*time)),
            Self::RelTime(seconds) => write!(f, "relTime(\"{}\")", relative_text(*seconds)),
            Self::List(list) => write_list_line(f, &list.items),
            Self::Ad(Frame::Nested(nested)) => write!(f, "{}", nested.ad),
            Self::Ad(_) => f.write_str("[  ]"),
        }
    }
}
