//! The answers file, which stores answers for the next time.

use std::path::Path;
use std::sync::Arc;

use toml::Value as Toml;
use toml::de::{DeTable, DeValue};

use super::draft::ValidatedAnswers;
use super::parsed_file::ParsedFile;
use super::problem::AnswerProblem;
use super::provenance::{Origin, SourcedAnswer};
use super::question::Question;
use crate::diagnostics::{Diagnostic, Place};

/// The file's name; it is beside the files that the wizard creates.
pub const ANSWERS_FILE: &str = "hoist-wizard.toml";

/// The beginning of every answers file of the wizard.
const HEADER: &str = "# Answers of `hoist wizard`.";

/// Whether a file was written by the wizard, so that it may be overwritten.
pub fn is_answers_file(content: &[u8]) -> bool {
    content.starts_with(HEADER.as_bytes())
}

/// Formats the answers as a file: the same answers give the same bytes. It contains the places of secrets, not the
/// secrets.
pub fn write_answers(whole: &ValidatedAnswers) -> String {
    let mut text = format!("{HEADER} `hoist wizard --answers FILE` begins with them; an empty text stands for none.\n");
    for (question, value) in &whole.values {
        text.push_str(&format!("{} = {}\n", question.key(), value.toml()));
    }
    text
}

/// Parses an answers file. Checks only the types of values, not the values.
pub fn read_answers(bytes: &[u8], file: &Path) -> ParsedFile {
    let mut reading = ParsedFile::default();
    let file: Arc<Path> = Arc::from(file);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let origin = Origin::Answers(Place::line(&file, line_at(bytes, error.valid_up_to())));
            reading.problems.push(AnswerProblem::line(&origin, Diagnostic::error("the line is not UTF-8")));
            return reading;
        }
    };
    let origin = |at: usize| Origin::Answers(Place::line(&file, line_at(text.as_bytes(), at)));
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        let place = origin(error.span().map_or(0, |span| span.start));
        reading.problems.push(AnswerProblem::line(&place, Diagnostic::error(format!("invalid TOML: {message}"))));
    }
    if !errors.is_empty() {
        return reading;
    }
    for (key, value) in table.get_ref() {
        let origin = origin(key.span().start);
        let key = key.get_ref().as_ref();
        let Some(question) = Question::of_key(key) else {
            let wrong = Diagnostic::error(format!("there is no key \"{}\"", key.escape_debug()));
            reading.problems.push(AnswerProblem::line(&origin, wrong.hints(Question::key_hint(key))));
            continue;
        };
        match scalar(value.get_ref()) {
            Ok(text) => drop(reading.answers.insert(question, SourcedAnswer { text, origin })),
            Err(kind) => {
                let message = format!("{key} is {kind}, which is no answer");
                let hint = format!("write {key} = {}", Toml::String(question.words().value_name.to_owned()));
                let wrong = Diagnostic::error(message).hint(hint);
                reading.problems.push(AnswerProblem::line(&origin, wrong).about(question));
            }
        }
    }
    reading
}

fn scalar(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().replace('_', "")),
        DeValue::Integer(_) => Err("a number that is not decimal"),
        DeValue::Boolean(flag) => Ok(flag.to_string()),
        DeValue::Float(_) => Err("a number with a fraction"),
        DeValue::Datetime(_) => Err("a date without quotes"),
        DeValue::Array(_) => Err("a list"),
        DeValue::Table(_) => Err("a table"),
    }
}

/// Returns the line of an offset, from 1.
fn line_at(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at.min(bytes.len())].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests;
