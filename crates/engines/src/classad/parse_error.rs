//! Why a text is no expression.

use thiserror::Error;

/// A text that is no ClassAd expression.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected {expected} at byte {offset}, found {found}")]
pub struct ParseError {
    /// Bytes before the place.
    pub offset: usize,
    /// What may stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl ParseError {
    pub(super) fn new(offset: usize, expected: &str, found: impl Into<String>) -> Self {
        Self { offset, expected: expected.to_owned(), found: found.into() }
    }
}
