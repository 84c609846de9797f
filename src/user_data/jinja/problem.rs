//! What keeps Jinja from rendering a template.

/// What is wrong with a template, and on which line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::user_data) struct JinjaProblem {
    pub(in crate::user_data) line: u32,
    pub(in crate::user_data) message: String,
}
