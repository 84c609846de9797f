//! Which question comes next, and what going back means.

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

/// A conversation: one question after the other, back as far as its first one.
#[derive(Clone, Debug)]
pub struct Interview {
    draft: Draft,
    /// What is not asked, since an option answers it.
    settled: BTreeSet<Question>,
    /// What was answered here, in order.
    trail: Vec<Question>,
}

impl Interview {
    /// A conversation about what a draft leaves open. What options answer is not asked; what files answer is offered as
    /// the default. Gives everything that is wrong with the draft: that is asked for anew.
    pub fn new(mut draft: Draft) -> (Self, Vec<AnswerProblem>) {
        let wrong = draft.drop_wrong();
        let by_option =
            |question: &Question| draft.given(*question).is_some_and(|given| given.origin == Origin::Option);
        let settled = Question::ALL.into_iter().filter(by_option).collect();
        (Self { draft, settled, trail: Vec::new() }, wrong)
    }

    /// What is known so far.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The same, to be changed by what is found out.
    pub fn draft_mut(&mut self) -> &mut Draft {
        &mut self.draft
    }

    /// The question that comes next; none when all are answered.
    pub fn next(&self) -> Option<Question> {
        let is_open = |question: &Question| {
            let is_settled = self.settled.contains(question) && self.draft.given(*question).is_some();
            self.draft.is_asked(*question) && !is_settled && !self.trail.contains(question)
        };
        Question::ALL.into_iter().find(is_open)
    }

    /// What is offered as the answer; an empty text is for none.
    pub fn offer(&self, question: Question) -> Option<String> {
        let value = self.draft.value(question).ok().flatten()?;
        Some(value.to_string())
    }

    /// Answers a question.
    ///
    /// # Errors
    /// What is wrong with the answer, which is not taken.
    pub fn answer(&mut self, question: Question, text: &str) -> Result<AnswerValue, AnswerProblem> {
        let value = self.draft.try_text(question, text)?;
        self.draft.put(question, text, Origin::Typed);
        self.trail.retain(|known| *known != question);
        self.trail.push(question);
        self.reopen_what_conflicts();
        Ok(value)
    }

    /// Goes back to the question before; false where there is none.
    pub fn back(&mut self) -> bool {
        // What an earlier answer has made senseless is no place to go back to.
        while let Some(question) = self.trail.pop() {
            if self.draft.is_asked(question) {
                return true;
            }
        }
        false
    }

    /// Asks this question again, whoever has answered it; those that are answered stay so.
    pub fn reopen(&mut self, question: Question) {
        self.settled.remove(&question);
        self.trail.retain(|known| *known != question);
    }

    /// The questions that can be asked again.
    pub fn answered(&self) -> Vec<Question> {
        Question::ALL.into_iter().filter(|question| self.draft.is_asked(*question)).collect()
    }

    /// A changed answer can make others wrong that were right before.
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
