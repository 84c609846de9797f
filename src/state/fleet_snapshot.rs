//! What a fleet's journal amounts to at one of its lines, so that not all lines are read, nor kept.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, Transaction, params};

use super::digest::{Digest, DigestPart};
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::run_journal::json as text_of;
use super::time_column::{from_nanoseconds, nanoseconds};
use crate::scaler::{Fleet, FleetId, FleetName};

/// The number of lines from one snapshot to the next.
const STEP: i64 = 1_000;

/// Lines younger than this are kept.
const KEPT_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// The most lines that are kept, however young.
const MOST_KEPT: i64 = 50_000;

/// The most lines that are dropped at once, so that no commit takes long.
const MOST_DROPPED: i64 = 10 * STEP;

/// A fleet at one of its journal's lines.
pub(super) struct FleetSnapshot {
    /// The number of that line.
    pub(super) sequence: i64,
    /// The digest of that line.
    pub(super) head: Digest,
    /// The fleet after it.
    pub(super) fleet: Fleet,
    /// The number of the first line that is kept.
    pub(super) first: i64,
    /// The digest of the line before that one.
    pub(super) before: Digest,
}

impl FleetSnapshot {
    /// Returns the newest snapshot, or that of the empty journal; fails if it is missing, unreadable, or altered.
    pub(super) fn read(connection: &Connection, path: &Path, sealed: &SealedFleet) -> Result<Self, StateError> {
        let tag = sealed.tag();
        let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
        let Some(expected) = sealed.snapshot else {
            return Self::empty(sealed).map_err(|problem| corrupt(format!("fleet {tag}: {problem}")));
        };
        let query = "SELECT sequence, head, first, before, state FROM fleet_snapshots WHERE fleet = ?1";
        type Columns = (i64, Digest, i64, Digest, String);
        let found: Option<Columns> = connection
            .prepare_cached(query)
            .and_then(|mut query| {
                let read =
                    |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
                query.query_row([sealed.id], read).optional()
            })
            .map_err(|error| StateError::sqlite(path, "read the fleet", &error))?;
        let Some((sequence, head, first, before, state)) = found else {
            return Err(corrupt(format!("the snapshot of fleet {tag} is missing")));
        };
        if digest(sealed, (sequence, &head), (first, &before), &state) != expected {
            return Err(corrupt(format!("the snapshot of fleet {tag} is not what was written")));
        }
        let fleet = serde_json::from_str(&state)
            .map_err(|error| corrupt(format!("the snapshot of fleet {tag} cannot be read: {error}")))?;
        Ok(Self { sequence, head, fleet, first, before })
    }

    fn empty(sealed: &SealedFleet) -> Result<Self, Box<dyn std::error::Error>> {
        let name: FleetName = sealed.name.parse()?;
        let id = FleetId { name, nonce: sealed.nonce.clone() };
        let fleet = Fleet::new(id, from_nanoseconds(sealed.created_at)?);
        Ok(Self { sequence: 0, head: sealed.beginning(), fleet, first: 1, before: sealed.beginning() })
    }

    fn write(&self, transaction: &Transaction<'_>, sealed: &mut SealedFleet) -> rusqlite::Result<()> {
        let state = text_of(&self.fleet)?;
        sealed.snapshot = Some(digest(sealed, (self.sequence, &self.head), (self.first, &self.before), &state));
        let insert = "INSERT OR REPLACE INTO fleet_snapshots (fleet, sequence, head, first, before, state)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let parameters = params![sealed.id, self.sequence, self.head, self.first, self.before, state];
        transaction.prepare_cached(insert)?.execute(parameters).map(drop)
    }
}

/// Makes a new snapshot, if the last is far behind, and drops the oldest lines, if nobody needs them any more.
pub(super) fn renew(
    transaction: &Transaction<'_>,
    path: &Path,
    sealed: &mut SealedFleet,
    fleet: &Fleet,
    now: Timestamp,
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "shorten the journal", &error);
    let last: Option<i64> = transaction
        .prepare_cached("SELECT sequence FROM fleet_snapshots WHERE fleet = ?1")
        .and_then(|mut query| query.query_row([sealed.id], |row| row.get(0)).optional())
        .map_err(failed)?;
    if sealed.length - last.unwrap_or(0) < STEP {
        return Ok(());
    }
    let FleetSnapshot { mut first, mut before, .. } = FleetSnapshot::read(transaction, path, sealed)?;
    if let Some((last, digest)) = unneeded(transaction, sealed, first, now).map_err(failed)? {
        (first, before) = (last + 1, digest);
        let delete = "DELETE FROM fleet_records WHERE fleet = ?1 AND sequence < ?2";
        transaction.prepare_cached(delete).and_then(|mut delete| delete.execute([sealed.id, first])).map_err(failed)?;
    }
    let snapshot = FleetSnapshot { sequence: sealed.length, head: sealed.head, fleet: fleet.clone(), first, before };
    snapshot.write(transaction, sealed).map_err(failed)
}

/// Returns number and digest of the last line that is to be dropped, if any is.
fn unneeded(
    transaction: &Transaction<'_>,
    sealed: &SealedFleet,
    first: i64,
    now: Timestamp,
) -> rusqlite::Result<Option<(i64, Digest)>> {
    let too_old = nanoseconds(now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN));
    // The newest line before the first that is young, among the oldest ones.
    let query = "SELECT sequence, at, digest FROM fleet_records WHERE fleet = ?1 AND sequence < ?2 ORDER BY sequence";
    let mut query = transaction.prepare_cached(query)?;
    let mut rows = query.query([sealed.id, sealed.length.min(first + MOST_DROPPED)])?;
    let mut found = None;
    while let Some(row) = rows.next()? {
        let (sequence, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        if at >= too_old && sealed.length - sequence < MOST_KEPT {
            break;
        }
        found = Some((sequence, row.get(2)?));
    }
    Ok(found)
}

fn digest(sealed: &SealedFleet, at: (i64, &Digest), kept: (i64, &Digest), state: &str) -> Digest {
    let parts = [
        DigestPart::Number(at.0),
        DigestPart::Bytes(at.1),
        DigestPart::Number(kept.0),
        DigestPart::Bytes(kept.1),
        DigestPart::Text(state),
    ];
    sealed.digest_of("fleet snapshot", &parts)
}
