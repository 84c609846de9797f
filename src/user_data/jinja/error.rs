//! Errors of Jinja templates.

/// An error in a template, and its line, from 1. The caller adds the file to make a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(in crate::user_data) struct JinjaError {
    pub(in crate::user_data) line: u32,
    pub(in crate::user_data) message: String,
}
