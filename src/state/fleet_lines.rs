//! The lines of a fleet's journal.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error, Transaction, params};

use super::digest::{Digest, line};
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::fleet_snapshot::FleetSnapshot;
use super::journal_row::json;
use super::run_journal::json as text_of;
use super::time_column::{nanoseconds, timestamp};
use crate::scaler::{Fleet, FleetEvent, FleetPhase};

/// Appends lines.
pub(super) fn append(
    transaction: &Transaction<'_>,
    sealed: &mut SealedFleet,
    at: Timestamp,
    events: &[FleetEvent],
) -> rusqlite::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let mut insert = transaction
        .prepare_cached("INSERT INTO fleet_records (fleet, sequence, at, event, digest) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let now = nanoseconds(at);
    for event in events {
        let text = text_of(event)?;
        sealed.length += 1;
        sealed.head = line(&sealed.head, sealed.length, now, &text);
        insert.execute(params![sealed.id, sealed.length, now, text, sealed.head])?;
    }
    sealed.updated_at = now;
    let ends = events.iter().any(|event| matches!(event, FleetEvent::Ended { .. }));
    sealed.ended_at = sealed.ended_at.or(ends.then_some(now));
    let mut update = transaction.prepare_cached("UPDATE fleets SET updated_at = ?2, ended_at = ?3 WHERE id = ?1")?;
    update.execute(params![sealed.id, sealed.updated_at, sealed.ended_at]).map(drop)
}

/// Rebuilds the fleet from its snapshot and the lines after it; fails at a line that is missing, unreadable, or altered.
pub(super) fn fold(connection: &Connection, path: &Path, sealed: &SealedFleet) -> Result<Fleet, StateError> {
    let FleetSnapshot { sequence, head, mut fleet, .. } = FleetSnapshot::read(connection, path, sealed)?;
    lines(connection, path, sealed, (sequence, head), |at, event| fleet.apply(at, &event))?;
    if (fleet.phase == FleetPhase::Ended) != sealed.ended_at.is_some() {
        let detail = format!("whether fleet {} has ended, its journal says otherwise", sealed.tag());
        return Err(StateError::Corrupt { path: path.to_path_buf(), detail });
    }
    Ok(fleet)
}

/// Returns the lines that are kept.
pub(super) fn journal(
    connection: &Connection,
    path: &Path,
    sealed: &SealedFleet,
) -> Result<Vec<(Timestamp, FleetEvent)>, StateError> {
    let FleetSnapshot { first, before, .. } = FleetSnapshot::read(connection, path, sealed)?;
    let mut found = Vec::new();
    lines(connection, path, sealed, (first - 1, before), |at, event| found.push((at, event)))?;
    Ok(found)
}

/// Calls `each` with the lines after number `after.0`, whose digest is `after.1`.
fn lines(
    connection: &Connection,
    path: &Path,
    sealed: &SealedFleet,
    after: (i64, Digest),
    mut each: impl FnMut(Timestamp, FleetEvent),
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the journal", &error);
    let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
    let tag = sealed.tag();
    let (mut expected, mut previous) = (after.0 + 1, after.1);
    let query =
        "SELECT sequence, at, event, digest FROM fleet_records WHERE fleet = ?1 AND sequence >= ?2 ORDER BY sequence";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let mut rows = query.query([sealed.id, expected]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let sequence: i64 = row.get(0).map_err(failed)?;
        if sequence != expected {
            return Err(corrupt(format!("record {expected} of fleet {tag} is missing")));
        }
        let unreadable = |error: Error| corrupt(format!("record {sequence} of fleet {tag} cannot be read: {error}"));
        let at = timestamp(row, 1).map_err(unreadable)?;
        let event = json(row, 2).map_err(unreadable)?;
        let (text, digest): (String, Digest) = (row.get(2).map_err(unreadable)?, row.get(3).map_err(unreadable)?);
        if line(&previous, sequence, row.get(1).map_err(unreadable)?, &text) != digest {
            return Err(corrupt(format!("record {sequence} of fleet {tag} is not what was written")));
        }
        each(at, event);
        previous = digest;
        expected += 1;
    }
    if expected <= sealed.length {
        return Err(corrupt(format!("record {expected} of fleet {tag} is missing")));
    }
    if expected != sealed.length + 1 || previous != sealed.head {
        return Err(corrupt(format!("the journal of fleet {tag} does not end where it ended when it was written")));
    }
    Ok(())
}
