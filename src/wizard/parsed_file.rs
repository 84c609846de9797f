//! The content of a file of answers.

use std::collections::BTreeMap;

use super::problem::AnswerProblem;
use super::provenance::SourcedAnswer;
use super::question::Question;

/// The content of a file of answers.
#[derive(Clone, Debug, Default)]
pub struct ParsedFile {
    /// Its answers, one per question.
    pub answers: BTreeMap<Question, SourcedAnswer>,
    /// Its invalid lines.
    pub problems: Vec<AnswerProblem>,
}
