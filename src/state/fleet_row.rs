//! Reads the records of fleets.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error};

use super::damage::Damage;
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::lock_holder::LockHolder;
use super::lock_kind::LockKind;
use super::lock_row::{LockClock, LockRow};
use super::owner::Owner;
use super::strays::strays;
use super::time_column::from_nanoseconds;
use super::{fleet_lines, fleet_passes};
use crate::scaler::{Fleet, PassRecord};

/// A summary of a fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetRow {
    /// Its record.
    pub record: Fleet,
    /// The time of its last line; for an ended fleet, of its end.
    pub updated_at: Timestamp,
    /// The holder of its lock: its scaler. A lock that may be taken over is not shown.
    pub lock: Option<LockHolder>,
    /// Its last pass.
    pub last_pass: Option<PassRecord>,
}

/// The fleets of a file, each with its number, without their journals.
pub(super) struct FleetRows {
    sound: Vec<(SealedFleet, Option<LockHolder>)>,
    damaged: Vec<Damage>,
}

impl FleetRows {
    /// Reads all fleets, verifying each against its seal. Avoids indexes, since a damaged index hides rows.
    pub(super) fn read(connection: &Connection, path: &Path) -> Result<Self, StateError> {
        let failed = |error: Error| StateError::sqlite(path, "read the fleets", &error);
        let (me, now) = (Owner::current(), LockClock::now());
        let mut query = connection
            .prepare(&format!(
                "SELECT {}, {} FROM {} LEFT JOIN fleet_locks AS locks ON locks.fleet = fleets.id ORDER BY fleets.id",
                SealedFleet::COLUMNS,
                LockRow::COLUMNS,
                SealedFleet::TABLES
            ))
            .map_err(failed)?;
        let mut fleets = Self { sound: Vec::new(), damaged: Vec::new() };
        let mut rows = query.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            // An unreadable lock cannot be held: its holder's next write fails.
            let lock = LockRow::read(row, SealedFleet::WIDTH).ok().flatten().filter(|lock| lock.holds(&me, now));
            match SealedFleet::read(row) {
                Ok(sealed) => fleets.sound.push((sealed, lock.map(|lock| lock.info))),
                Err(damage) => fleets.damaged.push(damage),
            }
        }
        let strays = strays(connection, LockKind::Fleet).map_err(failed)?;
        fleets.damaged.extend(strays.into_iter().map(Damage));
        Ok(fleets)
    }

    /// Fails unless all fleets are undamaged.
    pub(super) fn all_sound(&self, path: &Path) -> Result<(), StateError> {
        if self.damaged.is_empty() {
            return Ok(());
        }
        Err(StateError::corrupt(path, &self.damaged))
    }

    /// Returns the selected fleets, in the order of their creation.
    pub(super) fn picked(self, pick: impl Fn(&SealedFleet) -> bool) -> Vec<(SealedFleet, Option<LockHolder>)> {
        self.sound.into_iter().filter(|(sealed, _)| pick(sealed)).collect()
    }
}

impl FleetRow {
    /// Rebuilds a fleet from its journal.
    pub(super) fn of(
        connection: &Connection,
        path: &Path,
        sealed: &SealedFleet,
        lock: Option<LockHolder>,
    ) -> Result<Self, StateError> {
        let record = fleet_lines::fold(connection, path, sealed, |_, _| {})?;
        let updated_at = from_nanoseconds(sealed.updated_at).map_err(|error| {
            StateError::corrupt(path, &[Damage(format!("a time of fleet {}: {error}", sealed.tag()))])
        })?;
        let last_pass = fleet_passes::last(connection, path, sealed)?.map(|(_, pass)| pass);
        Ok(Self { record, updated_at, lock, last_pass })
    }
}
