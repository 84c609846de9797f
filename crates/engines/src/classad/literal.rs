//! Constants in an expression.

use std::sync::Arc;

/// A point in time with the time zone that it was given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbsTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Seconds east of Greenwich.
    pub offset: i32,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `undefined`.
    Undefined,
    /// `error`.
    Error,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text.
    String(Arc<str>),
    /// `absTime("…")`.
    AbsTime(AbsTime),
    /// `relTime("…")`, in seconds. HTCondor 23 evaluates it to a real.
    RelTime(f64),
}
