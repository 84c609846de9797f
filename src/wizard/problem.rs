//! Problems of answers.

use std::fmt;

use super::provenance::Origin;
use super::question::Question;
use crate::diagnostics::{Cause, Diagnostic};

/// An invalid or missing answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerProblem {
    /// The question that it concerns, if any.
    pub question: Option<Question>,
    /// Whether the answer is missing.
    pub is_missing: bool,
    /// The place, the error and the remedy: `ecm.conf:3: MAX_VMS: "abc" is not a number`. An error in the command line
    /// itself has the cause "usage".
    pub diagnostic: Diagnostic,
}

impl AnswerProblem {
    /// Creates the problem of an invalid answer.
    pub fn wrong(question: Question, origin: &Origin, wrong: Diagnostic) -> Self {
        let cause = if *origin == Origin::Option { Cause::Usage } else { wrong.cause };
        let diagnostic = Diagnostic { cause, place: origin.place(), ..wrong }.of(origin.name_of(question));
        Self { question: Some(question), is_missing: false, diagnostic }
    }

    /// Creates the problem of a missing answer.
    pub(super) fn missing(question: Question) -> Self {
        let words = question.words();
        let diagnostic = Diagnostic::usage(format!("{} has no answer: {}", words.key, words.prompt)).hint(format!(
            "--{} {}",
            question.option(),
            words.value_name
        ));
        Self { question: Some(question), is_missing: true, diagnostic }
    }

    /// Creates the problem of an invalid line of a file.
    pub(crate) fn line(origin: &Origin, wrong: Diagnostic) -> Self {
        Self { question: None, is_missing: false, diagnostic: Diagnostic { place: origin.place(), ..wrong } }
    }

    /// Assigns the problem to the question whose answer it prevents.
    pub(crate) fn about(mut self, question: Question) -> Self {
        self.question = Some(question);
        self
    }

    /// Returns place and error in one line.
    pub fn sentence(&self) -> String {
        self.diagnostic.sentence()
    }
}

/// Writes one line, with the remedy in parentheses.
impl fmt::Display for AnswerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        self.diagnostic.hints.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}
