//! The lines of a fleet's journal, and the snapshot of those that are no longer kept.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, Transaction, params};

use super::digest::{Digest, DigestPart, line};
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::journal_row::json;
use super::run_journal::json as text_of;
use super::time_column::{from_nanoseconds, nanoseconds, timestamp};
use crate::scaler::{Fleet, FleetEvent, FleetId, FleetName, FleetPhase};

/// Lines younger than this are kept.
const KEPT_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// The most lines that are kept, however young.
const MOST_KEPT: i64 = 100_000;

/// The number of lines that become part of the snapshot at once: few, so that no commit takes long.
const STEP: i64 = 1_000;

/// Appends lines, and takes them in.
pub(super) fn append(
    transaction: &Transaction<'_>,
    sealed: &mut SealedFleet,
    fleet: &mut Fleet,
    at: Timestamp,
    events: &[FleetEvent],
) -> rusqlite::Result<()> {
    let mut insert = transaction
        .prepare_cached("INSERT INTO fleet_records (fleet, sequence, at, event, digest) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let now = nanoseconds(at);
    for event in events {
        let text = text_of(event)?;
        sealed.length += 1;
        sealed.head = line(&sealed.head, sealed.length, now, &text);
        insert.execute(params![sealed.id, sealed.length, now, text, sealed.head])?;
        if matches!(event, FleetEvent::Ended { .. }) {
            sealed.ended_at.get_or_insert(now);
        }
        fleet.apply(from_nanoseconds(now).unwrap_or(at), event);
    }
    if !events.is_empty() {
        sealed.updated_at = now;
        let mut update =
            transaction.prepare_cached("UPDATE fleets SET updated_at = ?2, ended_at = ?3 WHERE id = ?1")?;
        update.execute(params![sealed.id, sealed.updated_at, sealed.ended_at])?;
    }
    Ok(())
}

/// Rebuilds the fleet from its snapshot and its journal, and calls `each` with the lines that are kept; fails at a line
/// that is missing, unreadable, or altered.
pub(super) fn fold(
    connection: &Connection,
    path: &Path,
    sealed: &SealedFleet,
    mut each: impl FnMut(Timestamp, FleetEvent),
) -> Result<Fleet, StateError> {
    let (mut fleet, head) = base(connection, path, sealed)?;
    lines(connection, path, sealed, (fleet.sequence.cast_signed(), head), sealed.length, |at, event| {
        fleet.apply(at, &event);
        each(at, event);
    })?;
    if (fleet.phase == FleetPhase::Ended) != sealed.ended_at.is_some() {
        let detail = format!("whether fleet {} has ended, its journal says otherwise", sealed.tag());
        return Err(StateError::Corrupt { path: path.to_path_buf(), detail });
    }
    Ok(fleet)
}

/// Makes the oldest lines a part of the snapshot, if nobody needs them any more.
pub(super) fn compact(
    transaction: &Transaction<'_>,
    path: &Path,
    sealed: &mut SealedFleet,
    now: Timestamp,
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "shorten the journal", &error);
    let oldest: Option<i64> = transaction
        .prepare_cached("SELECT min(sequence) FROM fleet_records WHERE fleet = ?1")
        .and_then(|mut query| query.query_row([sealed.id], |row| row.get(0)))
        .map_err(failed)?;
    let Some(last) = oldest.map(|oldest| oldest + STEP - 1).filter(|last| *last < sealed.length) else { return Ok(()) };
    let at: Option<i64> = transaction
        .prepare_cached("SELECT at FROM fleet_records WHERE fleet = ?1 AND sequence = ?2")
        .and_then(|mut query| query.query_row([sealed.id, last], |row| row.get(0)).optional())
        .map_err(failed)?;
    let is_old = at.is_some_and(|at| at < nanoseconds(now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN)));
    if !is_old && sealed.length - last < MOST_KEPT {
        return Ok(());
    }
    let (mut fleet, head) = base(transaction, path, sealed)?;
    let head = lines(transaction, path, sealed, (fleet.sequence.cast_signed(), head), last, |at, event| {
        fleet.apply(at, &event)
    })?;
    let mut write = || -> rusqlite::Result<()> {
        let state = text_of(&fleet)?;
        let insert = "INSERT OR REPLACE INTO fleet_snapshots (fleet, sequence, head, state) VALUES (?1, ?2, ?3, ?4)";
        transaction.prepare_cached(insert)?.execute(params![sealed.id, last, head, state])?;
        sealed.snapshot = Some(snapshot_digest(sealed, last, &head, &state));
        let delete = "DELETE FROM fleet_records WHERE fleet = ?1 AND sequence <= ?2";
        transaction.prepare_cached(delete)?.execute([sealed.id, last]).map(drop)
    };
    write().map_err(failed)
}

/// Returns the fleet before the first line that is kept, and the digest of the line before.
fn base(connection: &Connection, path: &Path, sealed: &SealedFleet) -> Result<(Fleet, Digest), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the fleet", &error);
    let tag = sealed.tag();
    let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
    let Some(expected) = sealed.snapshot else {
        let name: FleetName = sealed.name.parse().map_err(|error| corrupt(format!("fleet {tag}: {error}")))?;
        let created_at =
            from_nanoseconds(sealed.created_at).map_err(|error| corrupt(format!("a time of fleet {tag}: {error}")))?;
        return Ok((Fleet::new(FleetId { name, nonce: sealed.nonce.clone() }, created_at), sealed.beginning()));
    };
    let mut query = connection
        .prepare_cached("SELECT sequence, head, state FROM fleet_snapshots WHERE fleet = ?1")
        .map_err(failed)?;
    let read = query.query_row([sealed.id], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)));
    let Some((sequence, head, state)): Option<(i64, Digest, String)> = read.optional().map_err(failed)? else {
        return Err(corrupt(format!("the snapshot of fleet {tag} is missing")));
    };
    if snapshot_digest(sealed, sequence, &head, &state) != expected {
        return Err(corrupt(format!("the snapshot of fleet {tag} is not what was written")));
    }
    let fleet = serde_json::from_str(&state)
        .map_err(|error| corrupt(format!("the snapshot of fleet {tag} cannot be read: {error}")))?;
    Ok((fleet, head))
}

fn snapshot_digest(sealed: &SealedFleet, sequence: i64, head: &Digest, state: &str) -> Digest {
    let parts = [DigestPart::Number(sequence), DigestPart::Bytes(head), DigestPart::Text(state)];
    sealed.digest_of("fleet snapshot", &parts)
}

/// Calls `each` with the lines after number `after.0`, whose digest is `after.1`, to number `last`; returns the digest of
/// that one.
fn lines(
    connection: &Connection,
    path: &Path,
    sealed: &SealedFleet,
    after: (i64, Digest),
    last: i64,
    mut each: impl FnMut(Timestamp, FleetEvent),
) -> Result<Digest, StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the journal", &error);
    let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
    let tag = sealed.tag();
    let query = "SELECT sequence, at, event, digest FROM fleet_records WHERE fleet = ?1 ORDER BY sequence";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let mut rows = query.query([sealed.id]).map_err(failed)?;
    let (mut expected, mut previous) = (after.0 + 1, after.1);
    while expected <= last
        && let Some(row) = rows.next().map_err(failed)?
    {
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
    if expected <= last {
        return Err(corrupt(format!("record {expected} of fleet {tag} is missing")));
    }
    let ends = last < sealed.length || (previous == sealed.head && rows.next().map_err(failed)?.is_none());
    if ends {
        return Ok(previous);
    }
    Err(corrupt(format!("the journal of fleet {tag} does not end where it ended when it was written")))
}
