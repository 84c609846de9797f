//! Reading what was recorded of annexes.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error, Params, Row};

use super::error::StateError;
use super::lock_row::{LockInfo, LockRow, Moment};
use super::owner::Owner;
use super::record_row::json;
use super::run_row::timestamp;
use crate::annex::{AnnexEvent, AnnexId, AnnexName, AnnexRecord};

/// An annex at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnexRow {
    /// What is recorded of it.
    pub record: AnnexRecord,
    /// When something was last recorded of it; of one that has ended, when it did.
    pub updated_at: Timestamp,
    /// Who works on it now; a lock that anybody may take over is not shown.
    pub lock: Option<LockInfo>,
}

/// An annex and its number in the file, without its journal.
struct Found {
    key: i64,
    row: AnnexRow,
}

/// The annexes that `rest` of a query picks, each with its number in the file. One transaction should hold it all.
pub(super) fn select(
    connection: &Connection,
    path: &Path,
    rest: &str,
    parameters: impl Params,
) -> Result<Vec<(i64, AnnexRow)>, StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the annexes", &error);
    let (me, now) = (Owner::current(), Moment::now());
    let mut query = connection
        .prepare(&format!(
            "SELECT id, name, nonce, annexes.place, created_at, updated_at, {}
             FROM annexes LEFT JOIN annex_locks AS locks ON locks.annex = annexes.id {rest}",
            LockRow::COLUMNS
        ))
        .map_err(failed)?;
    let found = query.query_map(parameters, |row| read(row, &me, now)).map_err(failed)?;
    let mut annexes = Vec::new();
    for found in found {
        let Found { key, mut row } = found.map_err(failed)?;
        journal(connection, path, key, &row.record.id.clone(), |_, event| row.record.apply(&event))?;
        annexes.push((key, row));
    }
    Ok(annexes)
}

fn read(row: &Row<'_>, me: &Owner, now: Moment) -> rusqlite::Result<Found> {
    let name: String = row.get(1)?;
    let name: AnnexName = name
        .parse()
        .map_err(|error: String| Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into()))?;
    let record = AnnexRecord::new(AnnexId { name, nonce: row.get(2)? }, json(row, 3)?, timestamp(row, 4)?);
    let updated_at = timestamp(row, 5)?;
    let lock = LockRow::read(row, 6)?.filter(|lock| lock.holds(me, now)).map(|lock| lock.info);
    Ok(Found { key: row.get(0)?, row: AnnexRow { record, updated_at, lock } })
}

/// Gives `each` the lines of an annex's journal, and stops where one is missing or cannot be read.
pub(super) fn journal(
    connection: &Connection,
    path: &Path,
    key: i64,
    id: &AnnexId,
    mut each: impl FnMut(Timestamp, AnnexEvent),
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the journal", &error);
    let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
    let mut query = connection
        .prepare_cached("SELECT sequence, at, event FROM annex_records WHERE annex = ?1 ORDER BY sequence")
        .map_err(failed)?;
    let mut rows = query.query([key]).map_err(failed)?;
    let mut expected = 1;
    while let Some(row) = rows.next().map_err(failed)? {
        let sequence: i64 = row.get(0).map_err(failed)?;
        if sequence != expected {
            return Err(corrupt(format!("record {expected} of annex {} is missing", id.tag())));
        }
        let at = timestamp(row, 1).map_err(failed)?;
        let event = json(row, 2)
            .map_err(|error| corrupt(format!("record {sequence} of annex {} cannot be read: {error}", id.tag())))?;
        each(at, event);
        expected += 1;
    }
    Ok(())
}
