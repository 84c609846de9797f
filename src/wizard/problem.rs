//! What keeps answers from being a cluster.

use std::fmt;

use super::provenance::Origin;
use super::question::{InvalidAnswer, Question};

/// One thing that is wrong or missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerProblem {
    /// The question that it is about, if it is about one.
    pub question: Option<Question>,
    /// Whether there is no answer at all.
    pub is_missing: bool,
    /// Whether the command line itself has it.
    pub is_usage: bool,
    /// Where, and what is wrong: `ecm.conf:3: MAX_VMS: "abc" is not a number`.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl AnswerProblem {
    /// What is wrong with an answer.
    pub fn wrong(question: Question, origin: &Origin, wrong: InvalidAnswer) -> Self {
        Self {
            question: Some(question),
            is_missing: false,
            is_usage: *origin == Origin::Option,
            message: format!("{}: {}", origin.of(question), wrong.message),
            hint: wrong.hint,
        }
    }

    /// A question that has no answer.
    pub(super) fn missing(question: Question) -> Self {
        let words = question.words();
        Self {
            question: Some(question),
            is_missing: true,
            is_usage: true,
            message: format!("{} has no answer: {}", words.key, words.prompt),
            hint: Some(format!("--{} {}", question.option(), words.value_name)),
        }
    }

    /// What is wrong with a line of a file.
    pub(crate) fn line(origin: &Origin, message: impl fmt::Display, hint: Option<String>) -> Self {
        Self { question: None, is_missing: false, is_usage: false, message: format!("{origin}: {message}"), hint }
    }

    /// The same, as what keeps this question from being answered.
    pub(crate) fn about(mut self, question: Question) -> Self {
        self.question = Some(question);
        self
    }
}

impl fmt::Display for AnswerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}
