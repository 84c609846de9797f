//! Reads the records of annexes.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error};

use super::annex_seal::SealedAnnex;
use super::damage::Damage;
use super::digest::{Digest, beginning, line};
use super::error::StateError;
use super::journal_row::json;
use super::lock_holder::LockHolder;
use super::lock_kind::LockKind;
use super::lock_row::{LockClock, LockRow};
use super::owner::Owner;
use super::strays::strays;
use super::time_column::{from_nanoseconds, timestamp};
use crate::annex::{Annex, AnnexEvent, AnnexId, AnnexName, AnnexPhase};

/// A summary of an annex.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnexRow {
    /// Its record.
    pub record: Annex,
    /// The time of its last record; for an ended annex, of its end.
    pub updated_at: Timestamp,
    /// The holder of its lock; a lock that may be taken over is not shown.
    pub lock: Option<LockHolder>,
}

/// The annexes of a file, each with its number, without their journals.
pub(super) struct AnnexRows {
    sound: Vec<(SealedAnnex, AnnexRow)>,
    damaged: Vec<Damage>,
}

impl AnnexRows {
    /// Reads all annexes, verifying each against its seal. Avoids indexes, since a damaged index hides rows.
    pub(super) fn read(connection: &Connection, path: &Path) -> Result<Self, StateError> {
        let failed = |error: Error| StateError::sqlite(path, "read the annexes", &error);
        let (me, now) = (Owner::current(), LockClock::now());
        let mut query = connection
            .prepare(&format!(
                "SELECT {}, {} FROM {} LEFT JOIN annex_locks AS locks ON locks.annex = annexes.id ORDER BY annexes.id",
                SealedAnnex::COLUMNS,
                LockRow::COLUMNS,
                SealedAnnex::TABLES
            ))
            .map_err(failed)?;
        let mut annexes = Self { sound: Vec::new(), damaged: Vec::new() };
        let mut rows = query.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            // An unreadable lock cannot be held: its holder's next write fails.
            let lock = LockRow::read(row, 10).ok().flatten().filter(|lock| lock.holds(&me, now));
            let read = SealedAnnex::read(row)
                .and_then(|sealed| annex(&sealed, lock.map(|lock| lock.info)).map(|row| (sealed, row)));
            match read {
                Ok(found) => annexes.sound.push(found),
                Err(damage) => annexes.damaged.push(damage),
            }
        }
        let strays = strays(connection, LockKind::Annex).map_err(failed)?;
        annexes.damaged.extend(strays.into_iter().map(Damage));
        Ok(annexes)
    }

    /// Fails unless all annexes are undamaged.
    pub(super) fn all_sound(&self, path: &Path) -> Result<(), StateError> {
        if self.damaged.is_empty() {
            return Ok(());
        }
        Err(StateError::corrupt(path, &self.damaged))
    }

    /// Returns the selected annexes, rebuilt from their journals, each with its number in the file.
    pub(super) fn picked(
        self,
        connection: &Connection,
        path: &Path,
        pick: impl Fn(&SealedAnnex) -> bool,
    ) -> Result<Vec<(i64, AnnexRow)>, StateError> {
        let picked = self.sound.into_iter().filter(|(sealed, _)| pick(sealed));
        picked
            .map(|(sealed, mut row)| {
                journal(connection, path, &sealed, |_, event| row.record.apply(&event))?;
                if (row.record.stage == AnnexPhase::Ended) != sealed.ended_at.is_some() {
                    let detail = format!("whether annex {} has ended, its journal says otherwise", sealed.tag());
                    return Err(StateError::Corrupt { path: path.to_path_buf(), detail });
                }
                Ok((sealed.id, row))
            })
            .collect()
    }
}

/// Creates the annex before its first record.
fn annex(sealed: &SealedAnnex, lock: Option<LockHolder>) -> Result<AnnexRow, Damage> {
    let tag = sealed.tag();
    let name: AnnexName = sealed.name.parse().map_err(|error| Damage(format!("annex {tag}: {error}")))?;
    let place =
        serde_json::from_str(&sealed.place).map_err(|error| Damage(format!("the place of annex {tag}: {error}")))?;
    let at =
        |nanoseconds| from_nanoseconds(nanoseconds).map_err(|error| Damage(format!("a time of annex {tag}: {error}")));
    let record = Annex::new(AnnexId { name, nonce: sealed.nonce.clone() }, place, at(sealed.created_at)?);
    Ok(AnnexRow { record, updated_at: at(sealed.updated_at)?, lock })
}

/// Calls `each` with the lines of an annex's journal; fails at a line that is missing, unreadable, or altered.
pub(super) fn journal(
    connection: &Connection,
    path: &Path,
    annex: &SealedAnnex,
    mut each: impl FnMut(Timestamp, AnnexEvent),
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the journal", &error);
    let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
    let tag = annex.tag();
    let mut query = connection
        .prepare_cached("SELECT sequence, at, event, digest FROM annex_records WHERE annex = ?1 ORDER BY sequence")
        .map_err(failed)?;
    let mut rows = query.query([annex.id]).map_err(failed)?;
    let (mut expected, mut previous) = (1, beginning("annex journal", &tag));
    while let Some(row) = rows.next().map_err(failed)? {
        let sequence: i64 = row.get(0).map_err(failed)?;
        if sequence != expected {
            return Err(corrupt(format!("record {expected} of annex {tag} is missing")));
        }
        let unreadable = |error: Error| corrupt(format!("record {sequence} of annex {tag} cannot be read: {error}"));
        let at = timestamp(row, 1).map_err(unreadable)?;
        let event = json(row, 2).map_err(unreadable)?;
        let (text, digest): (String, Digest) = (row.get(2).map_err(unreadable)?, row.get(3).map_err(unreadable)?);
        if line(&previous, sequence, row.get(1).map_err(unreadable)?, &text) != digest {
            return Err(corrupt(format!("record {sequence} of annex {tag} is not what was written")));
        }
        each(at, event);
        previous = digest;
        expected += 1;
    }
    if expected <= annex.length {
        return Err(corrupt(format!("record {expected} of annex {tag} is missing")));
    }
    if expected != annex.length + 1 || previous != annex.head {
        return Err(corrupt(format!("the journal of annex {tag} does not end where it ended when it was written")));
    }
    Ok(())
}
