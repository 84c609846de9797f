//! Reader of ECM's `ecm.conf`: lines of `KEY=VALUE`, each an answer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostics::{Diagnostic, Place, did_you_mean_word};
use crate::wizard::{AnswerProblem, ECM_KEYS, Origin, ParsedFile, Question, SourcedAnswer};

/// Reads an `ecm.conf`. Values are not validated; only malformed lines are reported. Empty values are not answers.
pub fn read_ecm_conf(bytes: &[u8], file: &Path) -> ParsedFile {
    let file: Arc<Path> = Arc::from(file);
    let mut reading = ParsedFile::default();
    let mut lines_of: BTreeMap<&str, usize> = BTreeMap::new();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let origin = Origin::Ecm(Place::line(&file, index + 1));
        match read_line(line, &origin) {
            Ok(None) => {}
            Ok(Some((key, question, value))) => {
                if let Some(before) = lines_of.insert(key, index + 1) {
                    let wrong = Diagnostic::error(format!("{key} stands in line {before} already"));
                    reading.problems.push(AnswerProblem::line(&origin, wrong.hint("keep one of the two lines")));
                } else if !value.is_empty() {
                    reading.answers.insert(question, SourcedAnswer { text: value, origin });
                }
            }
            Err(problem) => reading.problems.push(problem),
        }
    }
    reading
}

type ConfLine = (&'static str, Question, String);

fn read_line(line: &[u8], origin: &Origin) -> Result<Option<ConfLine>, AnswerProblem> {
    let wrong = |message: String, hint: String| AnswerProblem::line(origin, Diagnostic::error(message).hint(hint));
    let Ok(line) = std::str::from_utf8(line) else {
        return Err(wrong("the line is not UTF-8".to_owned(), "write it anew with an editor".to_owned()));
    };
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';']) {
        return Ok(None);
    }
    let Some((key, value)) = line.split_once('=') else {
        let key = ECM_KEYS.iter().find(|(key, _)| line.starts_with(key)).map_or("KEY", |(key, _)| key);
        return Err(wrong(format!("\"{}\" has no equals sign", line.escape_debug()), format!("write {key}=VALUE")));
    };
    let key = key.trim();
    let key = key.strip_prefix("export ").map_or(key, str::trim);
    let Some((key, question)) = ECM_KEYS.into_iter().find(|(known, _)| *known == key) else {
        let known = ECM_KEYS.map(|(known, _)| known);
        let hint = did_you_mean_word(key, known).unwrap_or_else(|| format!("known are {}", known.join(", ")));
        return Err(wrong(format!("there is no key \"{}\"", key.escape_debug()), hint));
    };
    let value = value.trim();
    if let Some(rest) = value.strip_prefix('=') {
        let rest = unquoted(rest.trim_start_matches('=').trim()).unwrap_or_default();
        let meant = if rest.is_empty() { question.words().value_name } else { &rest };
        let message = format!("{key} has two equals signs");
        return Err(wrong(message, format!("write {key}={meant}")).about(question));
    }
    match unquoted(value) {
        Some(value) => Ok(Some((key, question, value))),
        None => {
            let message = format!("{key}: the quote in {} has no end", value.escape_debug());
            Err(wrong(message, "close it, or write the value without quotes".to_owned()).about(question))
        }
    }
}

/// Returns the value without quotes and a trailing comment; none if a quote is not closed.
fn unquoted(value: &str) -> Option<String> {
    let is_comment = |rest: &str| rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
    match value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        Some(quote) => {
            let (inside, rest) = value[1..].split_once(quote)?;
            is_comment(rest).then(|| inside.trim().to_owned())
        }
        None => {
            let comment =
                value.match_indices('#').find(|(at, _)| *at == 0 || value[..*at].ends_with(char::is_whitespace));
            Some(comment.map_or(value, |(at, _)| &value[..at]).trim().to_owned())
        }
    }
}

/// Returns the path of the file that is read by default.
pub fn ecm_conf_in(directory: &Path) -> PathBuf {
    directory.join("ecm.conf")
}

#[cfg(test)]
mod tests;
