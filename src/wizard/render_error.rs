//! Errors of rendering files from answers.

use crate::template::TemplateError;

/// Why no files can be rendered from the answers. Never contains a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WizardError {
    /// A template cannot be rendered; usually one of the user's own.
    #[error("{0}")]
    Template(#[from] TemplateError),
    /// An answer is invalid in its place, by itself or together with others.
    #[error("{question}: {why}")]
    Answer {
        /// The question: `pool`, `worker type`.
        question: &'static str,
        /// The problem and its remedy.
        why: String,
    },
    /// The master's user data exceeds the size limit of clouds.
    #[error("{0}")]
    TooLarge(String),
    /// The launch plan cannot be written.
    #[error("the launch plan cannot be written: {0}")]
    Plan(String),
}

impl WizardError {
    pub(super) fn answer(question: &'static str, why: impl Into<String>) -> Self {
        Self::Answer { question, why: why.into() }
    }
}
