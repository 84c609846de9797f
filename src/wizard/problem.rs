//! What keeps answers from being a cluster.

use std::fmt;

use super::provenance::Origin;
use super::question::Question;
use crate::diagnostics::{Cause, Diagnostic};

/// One thing that is wrong or missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerProblem {
    /// The question that it is about, if it is about one.
    pub question: Option<Question>,
    /// Whether there is no answer at all.
    pub is_missing: bool,
    /// Where, what is wrong, and what to try: `ecm.conf:3: MAX_VMS: "abc" is not a number`. Where the command line
    /// itself has it, its cause is the usage.
    pub diagnostic: Diagnostic,
}

impl AnswerProblem {
    /// What is wrong with an answer.
    pub fn wrong(question: Question, origin: &Origin, wrong: Diagnostic) -> Self {
        let cause = if *origin == Origin::Option { Cause::Usage } else { wrong.cause };
        let diagnostic = Diagnostic { cause, place: origin.place(), ..wrong }.of(origin.name_of(question));
        Self { question: Some(question), is_missing: false, diagnostic }
    }

    /// A question that has no answer.
    pub(super) fn missing(question: Question) -> Self {
        let words = question.words();
        let diagnostic = Diagnostic::usage(format!("{} has no answer: {}", words.key, words.prompt)).hint(format!(
            "--{} {}",
            question.option(),
            words.value_name
        ));
        Self { question: Some(question), is_missing: true, diagnostic }
    }

    /// What is wrong with a line of a file.
    pub(crate) fn line(origin: &Origin, wrong: Diagnostic) -> Self {
        Self { question: None, is_missing: false, diagnostic: Diagnostic { place: origin.place(), ..wrong } }
    }

    /// The same, as what keeps this question from being answered.
    pub(crate) fn about(mut self, question: Question) -> Self {
        self.question = Some(question);
        self
    }

    /// Where, and what is wrong, in one line.
    pub fn sentence(&self) -> String {
        self.diagnostic.sentence()
    }
}

/// In one line, with what to try in parentheses.
impl fmt::Display for AnswerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        self.diagnostic.hints.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}
