//! What is known so far: each answer as text, with its origin.

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

/// Answers that are still to be checked and completed.
#[derive(Clone, Debug)]
pub struct Draft {
    here: DraftEnvironment,
    given: BTreeMap<Question, SourcedAnswer>,
    wrong: Vec<AnswerProblem>,
}

impl Draft {
    /// Nothing is known.
    pub fn new(here: DraftEnvironment) -> Self {
        Self { here, given: BTreeMap::new(), wrong: Vec::new() }
    }

    /// What it is read with.
    pub fn surroundings(&self) -> &DraftEnvironment {
        &self.here
    }

    /// Sets what is found out about the surroundings only now.
    pub fn set_region(&mut self, region: String) {
        self.here.region = Some(region);
    }

    /// Adds what a file holds; it outranks what was added before. What it outranks and what is wrong there is kept as a
    /// warning.
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

    /// Forgets an answer, and what was wrong with it.
    pub fn forget(&mut self, question: Question) {
        self.given.remove(&question);
        self.wrong.retain(|problem| problem.question != Some(question));
    }

    /// Forgets every answer that is wrong, so that it can be asked for; gives all that was wrong, also what concerns no
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

    /// The answer that was given.
    pub fn given(&self, question: Question) -> Option<&SourcedAnswer> {
        self.given.get(&question)
    }

    /// The answer as text, or the default.
    pub fn text(&self, question: Question) -> Option<String> {
        self.given.get(&question).map(|given| given.text.clone()).or_else(|| self.default(question))
    }

    /// The answer's value: none where there is no answer and no default.
    ///
    /// # Errors
    /// What is wrong with it.
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

    /// Whether this text would do as the answer, also beside the answers before it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn try_text(&self, question: Question, text: &str) -> Result<AnswerValue, AnswerProblem> {
        let mut draft = self.clone();
        draft.given.insert(question, SourcedAnswer { text: text.to_owned(), origin: Origin::Typed });
        let value = draft.judge(question, &SourcedAnswer { text: text.to_owned(), origin: Origin::Typed })?;
        draft.conflict(question).map_or(Ok(value), Err)
    }

    fn judge(&self, question: Question, given: &SourcedAnswer) -> Result<AnswerValue, AnswerProblem> {
        check(question, &given.text, &self.here).map_err(|wrong| AnswerProblem::wrong(question, &given.origin, wrong))
    }

    /// The operating system, where one is answered.
    pub(in crate::wizard) fn os(&self) -> Option<Os> {
        Os::named(&self.word(Question::Os)?)
    }

    /// The answer as a word, where it is valid and not that there is none.
    fn word(&self, question: Question) -> Option<String> {
        self.value(question).ok()??.into_text()
    }
}

#[cfg(test)]
pub(super) mod tests;
