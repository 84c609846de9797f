//! The operations of commands on fleets in the state file.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::error::StateError;
use super::fleet_lock::{FleetLock, target};
use super::fleet_row::{FleetRow, FleetRows};
use super::fleet_seal::SealedFleet;
use super::lock_kind::LockKind;
use super::owner::Owner;
use super::pass_query::PassQuery;
use super::peek::peek;
use super::state_file::{StateFile, nearest};
use super::time_column::nanoseconds;
use super::{fleet_lines, fleet_memory, fleet_passes, fleet_requests, lock};
use crate::scaler::{Fleet, FleetEvent, FleetId, FleetName, FleetRequest, PassRecord, RequestAnswer, ScalerMemory};

impl StateFile {
    /// Creates the record of a fleet with a new nonce, and takes its lock.
    ///
    /// # Errors
    /// [`StateError::NameTaken`] if a fleet of that name has not ended.
    pub fn create_fleet(&self, name: &FleetName, owner: &Owner) -> Result<FleetLock, StateError> {
        let mut database = self.sound()?;
        let own = self.connect(&database)?;
        let path = database.path.clone();
        let (key, fleet, token) = database.write("create the fleet", false, |transaction, failed| {
            let now = nanoseconds(Timestamp::now());
            let insert = "INSERT INTO fleets (name, nonce, created_at, updated_at)
                          VALUES (?1, lower(hex(randomblob(6))), ?2, ?2) RETURNING id, nonce";
            let inserted =
                transaction.query_row(insert, params![name.as_str(), now], |row| Ok((row.get(0)?, row.get(1)?)));
            let (key, nonce) = match inserted {
                Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                    let by = lock::holder(transaction, LockKind::Fleet, name.as_str(), owner).map_err(failed)?;
                    return Err(StateError::NameTaken { subject: LockKind::Fleet, name: name.to_string(), by });
                }
                other => other.map_err(failed)?,
            };
            let sealed = SealedFleet::new(key, name.to_string(), nonce, now);
            sealed.write(transaction).map_err(failed)?;
            let fleet = fleet_lines::fold(transaction, &path, &sealed)?;
            let token = lock::take(transaction, &path, target(key, &fleet.id), owner)?;
            Ok((key, fleet, token))
        })?;
        FleetLock::new(own, key, token, fleet, None)
    }

    /// Takes the lock of a fleet, unless its holder is known or believed to be alive.
    pub fn lock_fleet(&self, id: &FleetId, owner: &Owner) -> Result<FleetLock, StateError> {
        let mut database = self.sound()?;
        let own = self.connect(&database)?;
        let path = database.path.clone();
        let (key, token, fleet, memory) = database.write("take the lock", false, |transaction, _| {
            let sealed = one(transaction, &path, id)?;
            let token = lock::take(transaction, &path, target(sealed.id, id), owner)?;
            let fleet = fleet_lines::fold(transaction, &path, &sealed)?;
            let memory = fleet_memory::read(transaction, &path, &sealed)?;
            Ok((sealed.id, token, fleet, memory))
        })?;
        FleetLock::new(own, key, token, fleet, memory)
    }

    /// Deletes the records of a fleet that has ended and is not locked.
    pub fn forget_fleet(&self, id: &FleetId) -> Result<(), StateError> {
        let mut database = self.sound()?;
        let path = database.path.clone();
        database.write("forget the fleet", true, |transaction, failed| {
            let sealed = one(transaction, &path, id)?;
            // Its journal must agree.
            fleet_lines::fold(transaction, &path, &sealed)?;
            if sealed.ended_at.is_none() {
                return Err(StateError::FleetNotEnded { name: sealed.name });
            }
            // This also reports the holder, if any.
            lock::take(transaction, &path, target(sealed.id, id), &Owner::current())?;
            transaction.execute("DELETE FROM fleets WHERE id = ?1", [sealed.id]).map(drop).map_err(failed)
        })
    }

    /// Returns this fleet's current record.
    pub fn fleet(&self, id: &FleetId) -> Result<Fleet, StateError> {
        self.read_fleet(id, fleet_lines::fold)
    }

    /// Returns the fleet of that name that has not ended, or else the newest ended one.
    ///
    /// # Errors
    /// [`StateError::FleetNotFound`] with the most similar names.
    pub fn find_fleet(&self, name: &FleetName) -> Result<Fleet, StateError> {
        self.read_fleets(|connection, path| {
            let rows = FleetRows::read(connection, path)?;
            let damage = rows.all_sound(path);
            let mut found = rows.picked(|fleet| fleet.name == name.as_str());
            let live = found.iter().position(|(sealed, _)| sealed.ended_at.is_none());
            if live.is_none() {
                // A damaged fleet might be the requested one.
                damage?;
            }
            if let Some((sealed, _)) = live.map(|live| found.swap_remove(live)).or_else(|| found.pop()) {
                return fleet_lines::fold(connection, path, &sealed);
            }
            let known =
                names(connection, true).map_err(|error| StateError::sqlite(path, "look for the fleet", &error))?;
            let nearest = nearest(name.as_str(), known);
            Err(StateError::FleetNotFound { name: name.to_string(), path: path.to_path_buf(), nearest })
        })
    }

    /// Returns fleets in the order of their creation: those that have not ended, or all.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] if a fleet is damaged: a list without it would hide its machines.
    pub fn fleets(&self, all: bool) -> Result<Vec<FleetRow>, StateError> {
        self.read_fleets(|connection, path| {
            let rows = FleetRows::read(connection, path)?;
            rows.all_sound(path)?;
            let picked = rows.picked(|fleet| all || fleet.ended_at.is_none());
            picked.into_iter().map(|(sealed, lock)| FleetRow::of(connection, path, &sealed, lock)).collect()
        })
    }

    /// Returns the journal of a fleet, each line with its time. Lines of which only the result is kept are not in it:
    /// those older than 30 days, and those before the last 50,000.
    pub fn fleet_journal(&self, id: &FleetId) -> Result<Vec<(Timestamp, FleetEvent)>, StateError> {
        self.read_fleet(id, fleet_lines::journal)
    }

    /// Returns the chosen passes of a fleet, oldest first.
    pub fn fleet_passes(&self, id: &FleetId, which: &PassQuery) -> Result<Vec<PassRecord>, StateError> {
        self.read_fleet(id, |connection, path, sealed| fleet_passes::chosen(connection, path, sealed, which))
    }

    /// Returns the memory of a fleet's scaler. None: no pass has been recorded.
    pub fn fleet_memory(&self, id: &FleetId) -> Result<Option<ScalerMemory>, StateError> {
        self.read_fleet(id, fleet_memory::read)
    }

    /// Leaves a request to the fleet's scaler; returns its number. Needs no lock, and holds also when no scaler runs.
    ///
    /// # Errors
    /// [`StateError::FleetEnded`] if nobody will read it.
    pub fn request_fleet(&self, id: &FleetId, request: &FleetRequest, owner: &Owner) -> Result<u64, StateError> {
        let mut database = self.sound()?;
        let path = database.path.clone();
        let stops = matches!(request, FleetRequest::Stop { .. } | FleetRequest::End { .. });
        database.write("leave the request", stops, |transaction, failed| {
            let sealed = one(transaction, &path, id)?;
            if sealed.ended_at.is_some() {
                return Err(StateError::FleetEnded { name: sealed.name });
            }
            fleet_requests::ask(transaction, &sealed, request, owner).map_err(failed)
        })
    }

    /// Returns the requests of a fleet that nobody has answered, oldest first, with their numbers.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn open_fleet_requests(&self, id: &FleetId) -> Result<Vec<(u64, FleetRequest)>, StateError> {
        self.read_fleet(id, fleet_requests::open)
    }

    /// Returns the scaler's answer to a request, once there is one.
    ///
    /// # Errors
    /// [`StateError::NoRequest`] if there is no such request; answers are kept for a week.
    pub fn fleet_answer(&self, id: &FleetId, request: u64) -> Result<Option<RequestAnswer>, StateError> {
        self.read_fleet(id, |connection, path, sealed| fleet_requests::answer_to(connection, path, sealed, request))
    }

    /// Returns the names of fleets for completions: quickly, and an empty list in case of errors. With `all`, includes
    /// ended ones.
    pub fn fleet_names(path: &Path, all: bool) -> Vec<String> {
        peek(path, |connection| names(connection, all)).unwrap_or_default()
    }

    fn read_fleet<T>(
        &self,
        id: &FleetId,
        read: impl FnOnce(&Connection, &Path, &SealedFleet) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        self.read_fleets(|connection, path| read(connection, path, &one(connection, path, id)?))
    }

    /// Reads in one transaction, for a consistent snapshot.
    fn read_fleets<T>(&self, read: impl FnOnce(&Connection, &Path) -> Result<T, StateError>) -> Result<T, StateError> {
        let database = self.sound()?;
        let transaction = database.connection.unchecked_transaction().map_err(database.failed("read the fleets"))?;
        read(&transaction, &database.path)
    }
}

/// Returns the fleet with this identity, verified against its seal.
fn one(connection: &Connection, path: &Path, id: &FleetId) -> Result<SealedFleet, StateError> {
    let rows = FleetRows::read(connection, path)?;
    let damage = rows.all_sound(path);
    let found = rows.picked(|fleet| fleet.name == id.name.as_str() && fleet.nonce == id.nonce).pop();
    if let Some((sealed, _)) = found {
        return Ok(sealed);
    }
    // A damaged fleet might be the requested one.
    damage?;
    Err(StateError::FleetNotFound { name: id.name.to_string(), path: path.to_path_buf(), nearest: Vec::new() })
}

fn names(connection: &Connection, all: bool) -> rusqlite::Result<Vec<String>> {
    let mut query =
        connection.prepare("SELECT DISTINCT name FROM fleets WHERE ?1 OR ended_at IS NULL ORDER BY name")?;
    query.query_map([all], |row| row.get(0))?.collect()
}
