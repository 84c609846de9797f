//! A draft: the answers so far as text, each with its origin.

mod conflicts;
mod environment;
mod rules;
mod validated;

use std::collections::BTreeMap;

pub use environment::DraftEnvironment;
pub use validated::ValidatedAnswers;

use super::os::Os;
use super::parsed_file::ParsedFile;
use super::problem::AnswerProblem;
use super::provenance::{Origin, SourcedAnswer};
use super::question::{AnswerValue, Question, check};

/// Answers before validation and completion.
#[derive(Clone, Debug)]
pub struct Draft {
    here: DraftEnvironment,
    given: BTreeMap<Question, SourcedAnswer>,
    wrong: Vec<AnswerProblem>,
}

impl Draft {
    /// Creates an empty draft.
    pub fn new(here: DraftEnvironment) -> Self {
        Self { here, given: BTreeMap::new(), wrong: Vec::new() }
    }

    /// Returns the environment that it is interpreted in.
    pub fn surroundings(&self) -> &DraftEnvironment {
        &self.here
    }

    /// Sets the region of the environment, if it is found out later.
    pub fn set_region(&mut self, region: String) {
        self.here.region = Some(region);
    }

    /// Adds the content of a file; it overrides earlier additions. Overridden answers and errors in the file become
    /// warnings.
    pub fn add(&mut self, reading: ParsedFile) {
        self.wrong.extend(reading.problems);
        for (question, given) in reading.answers {
            self.put(question, given.text, given.origin);
        }
    }

    /// Sets an answer.
    pub fn put(&mut self, question: Question, text: impl Into<String>, origin: Origin) {
        let before = self.given.insert(question, SourcedAnswer { text: text.into(), origin });
        if let Some(problem) = before.and_then(|before| self.judge(question, &before).err()) {
            self.wrong.push(problem);
        }
    }

    /// Removes an answer and its errors.
    pub fn forget(&mut self, question: Question) {
        self.given.remove(&question);
        self.wrong.retain(|problem| problem.question != Some(question));
    }

    /// Removes every invalid answer, so that it can be asked for; returns all problems, including those that concern no
    /// answer.
    pub fn drop_wrong(&mut self) -> Vec<AnswerProblem> {
        let mut dropped = std::mem::take(&mut self.wrong);
        for problem in self.problems().into_iter().filter(|problem| !problem.is_missing) {
            if let Some(question) = problem.question {
                self.given.remove(&question);
            }
            dropped.push(problem);
        }
        dropped
    }

    /// Returns the given answer.
    pub fn given(&self, question: Question) -> Option<&SourcedAnswer> {
        self.given.get(&question)
    }

    /// Returns the answer as text, or the default.
    pub fn text(&self, question: Question) -> Option<String> {
        self.given.get(&question).map(|given| given.text.clone()).or_else(|| self.default(question))
    }

    /// Returns the answer's value: `None` without answer and default.
    ///
    /// # Errors
    /// The answer's error.
    pub fn value(&self, question: Question) -> Result<Option<AnswerValue>, AnswerProblem> {
        let given = match self.given.get(&question) {
            Some(given) => given.clone(),
            None => match self.default(question) {
                Some(text) => SourcedAnswer { text, origin: Origin::Default },
                None => return Ok(None),
            },
        };
        self.judge(question, &given).map(Some)
    }

    /// Checks this text as an answer, together with the answers before it.
    ///
    /// # Errors
    /// The text's error.
    pub fn try_text(&self, question: Question, text: &str) -> Result<AnswerValue, AnswerProblem> {
        let mut draft = self.clone();
        draft.given.insert(question, SourcedAnswer { text: text.to_owned(), origin: Origin::Typed });
        let value = draft.judge(question, &SourcedAnswer { text: text.to_owned(), origin: Origin::Typed })?;
        draft.conflict(question).map_or(Ok(value), Err)
    }

    fn judge(&self, question: Question, given: &SourcedAnswer) -> Result<AnswerValue, AnswerProblem> {
        check(question, &given.text, &self.here).map_err(|wrong| AnswerProblem::wrong(question, &given.origin, wrong))
    }

    /// Returns the operating system, if answered.
    pub(in crate::wizard) fn os(&self) -> Option<Os> {
        Os::named(&self.word(Question::Os)?)
    }

    /// Returns a valid answer as text; `None` if it is "none".
    fn word(&self, question: Question) -> Option<String> {
        self.value(question).ok()??.into_text()
    }
}

#[cfg(test)]
pub(super) mod tests;
