//! The rows of all runs, each verified against its seal. Avoids indexes, since a damaged index hides rows.

use std::path::Path;

use rusqlite::Connection;

use super::damage::Damage;
use super::error::StateError;
use super::lock_kind::LockKind;
use super::lock_row::{LockClock, LockRow};
use super::owner::Owner;
use super::run_row::{RunId, RunRow};
use super::run_seal::{RunFacts, RunHead, SealedRun};
use super::strays::strays;
use super::time_column::from_nanoseconds;

/// The runs of a file.
pub(super) struct RunRows {
    /// The undamaged runs, in the order of their creation.
    pub(super) sound: Vec<RunRow>,
    /// The damage of the others.
    pub(super) damaged: Vec<Damage>,
}

impl RunRows {
    /// Reads all runs.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let (me, now) = (Owner::current(), LockClock::now());
        let mut query = connection.prepare_cached(&format!(
            "SELECT {}, {}, {} FROM runs NOT INDEXED LEFT JOIN run_heads AS heads ON heads.run = runs.id
             LEFT JOIN locks ON locks.run = runs.id ORDER BY runs.id",
            RunFacts::COLUMNS,
            RunHead::COLUMNS,
            LockRow::COLUMNS
        ))?;
        let mut rows = Self { sound: Vec::new(), damaged: Vec::new() };
        let mut found = query.query([])?;
        while let Some(row) = found.next()? {
            let read = SealedRun::read(row).and_then(|sealed| {
                let lock = LockRow::read(row, 15);
                // An unreadable lock cannot be held: its holder's next write fails.
                let lock = lock.ok().flatten().filter(|lock| lock.holds(&me, now)).map(|lock| lock.info);
                RunRow::new(sealed.facts).map(|run| RunRow { lock, ..run })
            });
            match read {
                Ok(run) => rows.sound.push(run),
                Err(damage) => rows.damaged.push(damage),
            }
        }
        rows.damaged.extend(strays(connection, LockKind::Run)?.into_iter().map(Damage));
        Ok(rows)
    }

    /// Returns all runs; fails if any is damaged.
    pub(super) fn all_sound(self, path: &Path) -> Result<Vec<RunRow>, StateError> {
        if self.damaged.is_empty() { Ok(self.sound) } else { Err(self.broken(path)) }
    }

    /// Returns the error of the damaged runs.
    pub(super) fn broken(&self, path: &Path) -> StateError {
        StateError::corrupt(path, &self.damaged)
    }
}

impl RunRow {
    fn new(facts: RunFacts) -> Result<Self, Damage> {
        let RunFacts { id, name, tag, plan_name, plan_file, created_at, updated_at, ended_at, summary } = facts;
        let at =
            |nanoseconds| from_nanoseconds(nanoseconds).map_err(|error| Damage(format!("a time of run {id}: {error}")));
        Ok(Self {
            id: RunId(id),
            name,
            tag,
            plan_name,
            plan_file: plan_file.into(),
            created_at: at(created_at)?,
            updated_at: at(updated_at)?,
            ended_at: ended_at.map(at).transpose()?,
            summary: serde_json::from_str(&summary)
                .map_err(|error| Damage(format!("the summary of run {id} cannot be read: {error}")))?,
            lock: None,
        })
    }
}
