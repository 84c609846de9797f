//! Reading what was recorded of a run.

use std::path::Path;

use rusqlite::types::{FromSqlError, Type, ValueRef};
use rusqlite::{Connection, Error, Row, params};
use serde::de::DeserializeOwned;

use super::error::StateError;
use super::run_row::{RunId, timestamp};
use crate::engine::{Event, ProgramKind, ProgramOutput, Record};

/// Gives `each` the records after number `after`, and stops where one is missing or cannot be read.
pub(super) fn records(
    connection: &Connection,
    path: &Path,
    run: RunId,
    after: u64,
    mut each: impl FnMut(Record),
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the journal", &error);
    let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
    let mut query = connection
        .prepare("SELECT sequence, at, event FROM records WHERE run = ?1 AND sequence > ?2 ORDER BY sequence")
        .map_err(failed)?;
    let mut rows = query.query(params![run.0, after.cast_signed()]).map_err(failed)?;
    let mut expected = after + 1;
    while let Some(row) = rows.next().map_err(failed)? {
        let sequence = row.get::<_, i64>(0).map_err(failed)?.cast_unsigned();
        if sequence != expected {
            return Err(corrupt(format!("record {expected} of run {run} is missing")));
        }
        let at = timestamp(row, 1).map_err(failed)?;
        let event: Event =
            json(row, 2).map_err(|error| corrupt(format!("record {sequence} of run {run} cannot be read: {error}")))?;
        each(Record { sequence, at, event });
        expected += 1;
    }
    Ok(())
}

/// What programs printed, oldest first.
pub(super) fn outputs(
    connection: &Connection,
    path: &Path,
    run: RunId,
    service: Option<&str>,
) -> Result<Vec<ProgramOutput>, StateError> {
    let read = || {
        let mut query = connection.prepare(
            "SELECT service, program, at, outcome, seconds, text FROM outputs
             WHERE run = ?1 AND (?2 IS NULL OR service = ?2) ORDER BY id",
        )?;
        let rows = query.query_map(params![run.0, service], |row| {
            Ok(ProgramOutput {
                service: row.get(0)?,
                program: program(row, 1)?,
                at: timestamp(row, 2)?,
                outcome: json(row, 3)?,
                seconds: row.get(4)?,
                text: row.get(5)?,
            })
        })?;
        rows.collect::<rusqlite::Result<Vec<ProgramOutput>>>()
    };
    read().map_err(|error| StateError::sqlite(path, "read what programs printed", &error))
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
