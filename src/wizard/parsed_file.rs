//! What a file of answers holds.

use std::collections::BTreeMap;

use super::problem::AnswerProblem;
use super::provenance::SourcedAnswer;
use super::question::Question;

/// What a file of answers holds.
#[derive(Clone, Debug, Default)]
pub struct ParsedFile {
    /// Its answers, one a question.
    pub answers: BTreeMap<Question, SourcedAnswer>,
    /// Its lines that are no answers.
    pub problems: Vec<AnswerProblem>,
}
