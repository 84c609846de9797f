//! What keeps Jinja from rendering a template.

/// What is wrong with a template, and on which line, from 1: whoever knows the file makes a diagnostic of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(in crate::user_data) struct JinjaError {
    pub(in crate::user_data) line: u32,
    pub(in crate::user_data) message: String,
}
