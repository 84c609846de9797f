//! The order of the questions, with a way back.

mod catalog_cache;
mod choices;
mod cloud_checks;
mod groups;

use std::collections::BTreeSet;

pub use catalog_cache::CatalogCache;
pub use choices::{Choice, Choices};
pub use cloud_checks::CloudCheck;
pub use groups::{Common, master_group, worker_group};

use super::draft::Draft;
use super::problem::AnswerProblem;
use super::provenance::Origin;
use super::question::{AnswerValue, Question};

/// An interview: one question after the other, with a way back to the first one.
#[derive(Clone, Debug)]
pub struct Interview {
    draft: Draft,
    /// The questions answered by options, which are not asked.
    settled: BTreeSet<Question>,
    /// The questions answered in the interview, in order.
    trail: Vec<Question>,
}

impl Interview {
    /// Starts an interview about the open questions of a draft. Answers from options are not asked; answers from files
    /// are offered as defaults. Returns all problems of the draft, whose questions are asked again.
    pub fn new(mut draft: Draft) -> (Self, Vec<AnswerProblem>) {
        let wrong = draft.drop_wrong();
        let by_option =
            |question: &Question| draft.given(*question).is_some_and(|given| given.origin == Origin::Option);
        let settled = Question::ALL.into_iter().filter(by_option).collect();
        (Self { draft, settled, trail: Vec::new() }, wrong)
    }

    /// Returns the draft so far.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Returns the draft, to set what is found out during the interview.
    pub fn draft_mut(&mut self) -> &mut Draft {
        &mut self.draft
    }

    /// Returns the next question; `None` when all are answered.
    pub fn next(&self) -> Option<Question> {
        let is_open = |question: &Question| {
            let is_settled = self.settled.contains(question) && self.draft.given(*question).is_some();
            self.draft.is_asked(*question) && !is_settled && !self.trail.contains(question)
        };
        Question::ALL.into_iter().find(is_open)
    }

    /// Returns the suggested answer; an empty text stands for none.
    pub fn offer(&self, question: Question) -> Option<String> {
        let value = self.draft.value(question).ok().flatten()?;
        Some(value.to_string())
    }

    /// Answers a question.
    ///
    /// # Errors
    /// The answer's error; the answer is not accepted.
    pub fn answer(&mut self, question: Question, text: &str) -> Result<AnswerValue, AnswerProblem> {
        let value = self.draft.try_text(question, text)?;
        self.draft.put(question, text, Origin::Typed);
        self.trail.retain(|known| *known != question);
        self.trail.push(question);
        self.reopen_what_conflicts();
        Ok(value)
    }

    /// Goes back to the previous question; returns false if there is none.
    pub fn back(&mut self) -> bool {
        // Skips questions that an earlier answer has made inapplicable.
        while let Some(question) = self.trail.pop() {
            if self.draft.is_asked(question) {
                return true;
            }
        }
        false
    }

    /// Asks this question again, whatever the origin of its answer; other answers stay.
    pub fn reopen(&mut self, question: Question) {
        self.settled.remove(&question);
        self.trail.retain(|known| *known != question);
    }

    /// Returns the questions that can be asked again.
    pub fn answered(&self) -> Vec<Question> {
        Question::ALL.into_iter().filter(|question| self.draft.is_asked(*question)).collect()
    }

    /// Asks again the questions whose answers conflict with a changed answer.
    fn reopen_what_conflicts(&mut self) {
        let known: Vec<Question> = self.trail.iter().chain(&self.settled).copied().collect();
        for problem in self.draft.problems() {
            if let Some(question) = problem.question.filter(|question| known.contains(question)) {
                self.reopen(question);
            }
        }
    }
}

#[cfg(test)]
mod tests;
