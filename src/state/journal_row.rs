//! Reads the records of a run.

use std::path::Path;

use rusqlite::types::{FromSqlError, Type, ValueRef};
use rusqlite::{Connection, Error, Row, params};
use serde::de::DeserializeOwned;

use super::digest::{self, Digest, DigestPart, beginning, line};
use super::error::StateError;
use super::run_seal::{RunFacts, SealedRun};
use super::time_column::{nanoseconds, timestamp};
use crate::engine::{JournalEntry, ProgramOutput, RunEvent};
use crate::plan::ProgramKind;

/// Calls `each` with the records after number `after`; fails at a record that is missing, unreadable, or altered. Call
/// it within one transaction.
pub(super) fn records(
    connection: &Connection,
    path: &Path,
    run: &SealedRun,
    after: u64,
    mut each: impl FnMut(JournalEntry),
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the journal", &error);
    let id = run.facts.id;
    let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
    let after = after.cast_signed();
    if after >= run.head.length {
        return Ok(());
    }
    let mut query = connection
        .prepare("SELECT sequence, at, event, digest FROM records WHERE run = ?1 AND sequence >= ?2 ORDER BY sequence")
        .map_err(failed)?;
    let mut rows = query.query(params![id, after]).map_err(failed)?;
    // `None` until the line before the first is known.
    let mut previous = (after == 0).then(|| beginning("journal", &run.facts.tag));
    let mut expected = after.max(1);
    while let Some(row) = rows.next().map_err(failed)? {
        let sequence = row.get::<_, i64>(0).map_err(failed)?;
        if sequence != expected {
            return Err(corrupt(format!("record {expected} of run {id} is missing")));
        }
        let unreadable = |error: Error| corrupt(format!("record {sequence} of run {id} cannot be read: {error}"));
        let at = timestamp(row, 1).map_err(unreadable)?;
        let event: RunEvent = json(row, 2).map_err(unreadable)?;
        let digest: Digest = row.get(3).map_err(unreadable)?;
        if let Some(previous) = previous {
            let text: String = row.get(2).map_err(unreadable)?;
            if line(&previous, sequence, row.get(1).map_err(unreadable)?, &text) != digest {
                return Err(corrupt(format!(
                    "record {sequence} of run {id} ({}) is not what was written",
                    run.facts.name
                )));
            }
            each(JournalEntry { sequence: sequence.cast_unsigned(), at, event });
        }
        previous = Some(digest);
        expected += 1;
    }
    if expected <= run.head.length {
        return Err(corrupt(format!("record {expected} of run {id} is missing")));
    }
    if expected != run.head.length + 1 || previous != Some(run.head.head) {
        let name = &run.facts.name;
        return Err(corrupt(format!(
            "the journal of run {id} ({name}) does not end where it ended when it was written"
        )));
    }
    Ok(())
}

/// Returns the output of programs, oldest first: for one service, or all.
pub(super) fn outputs(
    connection: &Connection,
    path: &Path,
    run: &SealedRun,
    service: Option<&str>,
) -> Result<Vec<ProgramOutput>, StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read what programs printed", &error);
    let mut query = connection
        .prepare("SELECT service, program, at, outcome, seconds, text, digest FROM outputs WHERE run = ?1 ORDER BY id")
        .map_err(failed)?;
    let mut rows = query.query([run.facts.id]).map_err(failed)?;
    let (mut previous, mut count, mut found) = (beginning("outputs", &run.facts.tag), 0, Vec::new());
    while let Some(row) = rows.next().map_err(failed)? {
        let output = read_output(row).map_err(failed)?;
        let outcome: String = row.get(3).map_err(failed)?;
        let digest: Digest = row.get(6).map_err(failed)?;
        if output_link(&previous, &output, &outcome) != digest {
            break;
        }
        previous = digest;
        count += 1;
        if service.is_none_or(|service| service == output.service) {
            found.push(output);
        }
    }
    if count != run.head.outputs || previous != run.head.outputs_head {
        let RunFacts { id, name, .. } = &run.facts;
        let detail = format!("output {} of run {id} ({name}) is missing or is not what was written", count + 1);
        return Err(StateError::Corrupt { path: path.to_path_buf(), detail });
    }
    Ok(found)
}

/// Reads the columns of an output, which begin the row.
pub(super) fn read_output(row: &Row<'_>) -> rusqlite::Result<ProgramOutput> {
    Ok(ProgramOutput {
        service: row.get(0)?,
        program: program(row, 1)?,
        at: timestamp(row, 2)?,
        outcome: json(row, 3)?,
        seconds: row.get(4)?,
        text: row.get(5)?,
    })
}

/// Returns the next digest of the chain of outputs; `outcome` as stored in the file.
pub(super) fn output_link(previous: &Digest, output: &ProgramOutput, outcome: &str) -> Digest {
    let parts = [
        DigestPart::Bytes(previous),
        DigestPart::Text(&output.service),
        DigestPart::Text(output.program.as_str()),
        DigestPart::Number(nanoseconds(output.at)),
        DigestPart::Text(outcome),
        DigestPart::Number(output.seconds.to_bits().cast_signed()),
        DigestPart::Text(&output.text),
    ];
    digest::digest("output", &parts)
}

/// Reads a column of JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let unreadable = |error| Error::FromSqlConversionFailure(column, Type::Text, error);
    match row.get_ref(column)? {
        ValueRef::Text(text) => serde_json::from_slice(text).map_err(|error| unreadable(Box::new(error))),
        _ => Err(unreadable(Box::new(FromSqlError::InvalidType))),
    }
}

fn program(row: &Row<'_>, column: usize) -> rusqlite::Result<ProgramKind> {
    let text: String = row.get(column)?;
    let kinds = [ProgramKind::Boot, ProgramKind::Ready, ProgramKind::Terminate];
    let unknown = || {
        let error = FromSqlError::Other(format!("no program is named {text}").into());
        Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    };
    kinds.into_iter().find(|kind| kind.as_str() == text).ok_or_else(unknown)
}
