//! The operations of commands on annexes in the state file.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::annex_journal::sealed_annex;
use super::annex_lock::{AnnexLock, target};
use super::annex_row::{self, AnnexRow, AnnexRows};
use super::annex_seal::SealedAnnex;
use super::error::StateError;
use super::lock;
use super::lock_kind::LockKind;
use super::owner::Owner;
use super::peek::peek;
use super::state_file::{StateFile, nearest};
use super::time_column::nanoseconds;
use crate::annex::{Annex, AnnexEvent, AnnexId, AnnexName, AnnexPhase};
use crate::plan::CloudConfig;

/// Returns a filter for one annex, by its name and nonce.
fn is(id: &AnnexId) -> impl Fn(&SealedAnnex) -> bool {
    |annex| annex.name == id.name.as_str() && annex.nonce == id.nonce
}

impl StateFile {
    /// Creates the record of an annex with a new nonce, and takes its lock.
    ///
    /// # Errors
    /// [`StateError::NameTaken`] if an annex of that name has not ended.
    pub fn create_annex(
        &self,
        name: &AnnexName,
        place: &CloudConfig,
        owner: &Owner,
    ) -> Result<(Annex, AnnexLock), StateError> {
        let mut database = self.sound()?;
        let own = self.connect(&database)?;
        let path = database.path.clone();
        let unwritable = |error: serde_json::Error| StateError::Sqlite {
            path: path.clone(),
            doing: "write the annex",
            detail: error.to_string(),
        };
        let place_text = serde_json::to_string(place).map_err(unwritable)?;
        let (key, record, token) = database.write("create the annex", false, |transaction, failed| {
            let now = nanoseconds(Timestamp::now());
            let insert = "INSERT INTO annexes (name, nonce, place, created_at, updated_at)
                          VALUES (?1, lower(hex(randomblob(6))), ?2, ?3, ?3)";
            match transaction.execute(insert, params![name.as_str(), place_text, now]) {
                Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                    let by = lock::holder(transaction, LockKind::Annex, name.as_str(), owner).map_err(failed)?;
                    return Err(StateError::NameTaken { subject: LockKind::Annex, name: name.to_string(), by });
                }
                other => other.map_err(failed)?,
            };
            let query = "SELECT id, name, nonce, place, created_at, updated_at, ended_at FROM annexes WHERE id = ?1";
            let mut sealed = transaction
                .query_row(query, [transaction.last_insert_rowid()], SealedAnnex::read_row)
                .map_err(failed)?;
            sealed.begin();
            sealed.write(transaction).map_err(failed)?;
            let created =
                AnnexRows::read(transaction, &path)?.picked(transaction, &path, |annex| annex.id == sealed.id)?;
            let (key, row) = one(created, name.as_str(), &path)?;
            let token = lock::take(transaction, &path, target(key, &row.record.id), owner)?;
            Ok((key, row.record, token))
        })?;
        let lock = AnnexLock::new(own, key, record.id.clone(), token)?;
        Ok((record, lock))
    }

    /// Takes the lock of an annex, unless its holder is known or believed to be alive. Data read before may be out of
    /// date: [`StateFile::annex`] reads it again.
    pub fn lock_annex(&self, id: &AnnexId, owner: &Owner) -> Result<AnnexLock, StateError> {
        let mut database = self.sound()?;
        let own = self.connect(&database)?;
        let path = database.path.clone();
        let (key, token) = database.write("take the lock", false, |transaction, _| {
            let found = AnnexRows::read(transaction, &path)?.picked(transaction, &path, is(id))?;
            let (key, _) = one(found, &id.tag(), &path)?;
            Ok((key, lock::take(transaction, &path, target(key, id), owner)?))
        })?;
        AnnexLock::new(own, key, id.clone(), token)
    }

    /// Deletes the records of an annex that has ended and is not locked.
    pub fn forget_annex(&self, id: &AnnexId) -> Result<(), StateError> {
        let mut database = self.sound()?;
        let path = database.path.clone();
        database.write("forget the annex", true, |transaction, failed| {
            let found = AnnexRows::read(transaction, &path)?.picked(transaction, &path, is(id))?;
            let (key, row) = one(found, &id.tag(), &path)?;
            if row.record.stage != AnnexPhase::Ended {
                return Err(StateError::AnnexNotEnded { name: id.name.to_string() });
            }
            // This also reports the holder, if any.
            lock::take(transaction, &path, target(key, id), &Owner::current())?;
            transaction.execute("DELETE FROM annexes WHERE id = ?1", [key]).map(drop).map_err(failed)
        })
    }

    /// Returns this annex's current record.
    pub fn annex(&self, id: &AnnexId) -> Result<Annex, StateError> {
        self.read_annexes(|connection, path| {
            let found = AnnexRows::read(connection, path)?.picked(connection, path, is(id))?;
            one(found, &id.tag(), path).map(|(_, row)| row.record)
        })
    }

    /// Returns the annex of that name that has not ended, or else the newest ended one.
    ///
    /// # Errors
    /// [`StateError::AnnexNotFound`] with the most similar names.
    pub fn find_annex(&self, name: &AnnexName) -> Result<Annex, StateError> {
        self.read_annexes(|connection, path| {
            let rows = AnnexRows::read(connection, path)?;
            let damage = rows.all_sound(path);
            let mut found = rows.picked(connection, path, |annex| annex.name == name.as_str())?;
            if let Some(live) = found.iter().position(|(_, row)| row.record.stage != AnnexPhase::Ended) {
                return Ok(found.swap_remove(live).1.record);
            }
            // A damaged annex might be the requested one.
            damage?;
            if let Some((_, row)) = found.pop() {
                return Ok(row.record);
            }
            let known =
                names(connection, true).map_err(|error| StateError::sqlite(path, "look for the annex", &error))?;
            let nearest = nearest(name.as_str(), known);
            Err(StateError::AnnexNotFound { name: name.to_string(), path: path.to_path_buf(), nearest })
        })
    }

    /// Returns annexes in the order of their creation: those that have not ended, or all.
    pub fn annexes(&self, all: bool) -> Result<Vec<AnnexRow>, StateError> {
        self.read_annexes(|connection, path| {
            let rows = AnnexRows::read(connection, path)?;
            rows.all_sound(path)?;
            let rows = rows.picked(connection, path, |annex| all || annex.ended_at.is_none())?;
            Ok(rows.into_iter().map(|(_, row)| row).collect())
        })
    }

    /// Returns the journal of an annex, each line with the time of its recording.
    pub fn annex_journal(&self, id: &AnnexId) -> Result<Vec<(Timestamp, AnnexEvent)>, StateError> {
        self.read_annexes(|connection, path| {
            let failed = |error| StateError::sqlite(path, "read the annex", &error);
            let found = AnnexRows::read(connection, path)?.picked(connection, path, is(id))?;
            let (key, _) = one(found, &id.tag(), path)?;
            let mut lines = Vec::new();
            let annex = sealed_annex(connection, &failed, key)?;
            annex_row::journal(connection, path, &annex, |at, event| lines.push((at, event)))?;
            Ok(lines)
        })
    }

    /// Returns the names of annexes for completions: quickly, and an empty list in case of errors. With `all`, includes
    /// ended ones.
    pub fn annex_names(path: &Path, all: bool) -> Vec<String> {
        peek(path, |connection| names(connection, all)).unwrap_or_default()
    }

    /// Reads in one transaction, for a consistent snapshot.
    fn read_annexes<T>(&self, read: impl FnOnce(&Connection, &Path) -> Result<T, StateError>) -> Result<T, StateError> {
        let database = self.sound()?;
        let transaction = database.connection.unchecked_transaction().map_err(database.failed("read the annexes"))?;
        read(&transaction, &database.path)
    }
}

fn one(found: Vec<(i64, AnnexRow)>, name: &str, path: &Path) -> Result<(i64, AnnexRow), StateError> {
    found.into_iter().next().ok_or_else(|| StateError::AnnexNotFound {
        name: name.to_owned(),
        path: path.to_path_buf(),
        nearest: Vec::new(),
    })
}

fn names(connection: &Connection, all: bool) -> rusqlite::Result<Vec<String>> {
    let mut query =
        connection.prepare("SELECT DISTINCT name FROM annexes WHERE ?1 OR ended_at IS NULL ORDER BY name")?;
    query.query_map([all], |row| row.get(0))?.collect()
}
