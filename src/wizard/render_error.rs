//! Why no files can be made of the answers.

use crate::template::TemplateError;

/// Why no files can be made of the answers. Never holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WizardError {
    /// A template cannot be rendered: one of the user's own, as a rule.
    #[error("{0}")]
    Template(#[from] TemplateError),
    /// An answer cannot become what it is to become, by itself or beside the others.
    #[error("{question}: {why}")]
    Answer {
        /// What was asked: `pool`, `worker type`.
        question: &'static str,
        /// What is wrong and what to try.
        why: String,
    },
    /// The master's user data is larger than clouds take.
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
