//! The annexes in the state file as the commands use them.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::annex_lock::{AnnexLock, target};
use super::annex_row::{self, AnnexRow, select};
use super::error::StateError;
use super::lock;
use super::owner::Owner;
use super::run_row::nanoseconds;
use super::state_file::{StateFile, nearest, peek};
use super::subject::Subject;
use crate::annex::{AnnexEvent, AnnexId, AnnexName, AnnexRecord};
use crate::plan::CloudConfig;

/// Picks one annex by its name and nonce.
const BY_ID: &str = "WHERE name = ?1 AND nonce = ?2";

impl StateFile {
    /// Creates the record of an annex, with a nonce of its own, and takes its lock.
    ///
    /// # Errors
    /// [`StateError::NameTaken`] when one of that name has not ended.
    pub fn create_annex(
        &self,
        name: &AnnexName,
        place: &CloudConfig,
        owner: &Owner,
    ) -> Result<(AnnexRecord, AnnexLock), StateError> {
        let mut database = self.database();
        let own = self.connect(&database)?;
        let failed = database.failed("create the annex");
        let path = database.path.clone();
        let unwritable = |error: serde_json::Error| StateError::Sqlite {
            path: path.clone(),
            doing: "write the annex",
            detail: error.to_string(),
        };
        let place_text = serde_json::to_string(place).map_err(unwritable)?;

        let behavior = TransactionBehavior::Immediate;
        let transaction = database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let now = nanoseconds(Timestamp::now());
        let insert = "INSERT INTO annexes (name, nonce, place, created_at, updated_at)
                      VALUES (?1, lower(hex(randomblob(6))), ?2, ?3, ?3)";
        match transaction.execute(insert, params![name.as_str(), place_text, now]) {
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                return Err(StateError::NameTaken { subject: Subject::Annex, name: name.to_string() });
            }
            other => other.map_err(&failed)?,
        };
        let created = select(&transaction, &path, "WHERE id = ?1", [transaction.last_insert_rowid()])?;
        let (key, row) = one(created, name.as_str(), &path)?;
        let token = lock::take(&transaction, &path, target(key, &row.record.id), owner)?;
        transaction.commit().map_err(&failed)?;
        let lock = AnnexLock::new(own, key, row.record.id.clone(), token)?;
        Ok((row.record, lock))
    }

    /// Takes the lock of an annex, if nobody holds it who is known or believed to be alive. What was read of the annex before may
    /// be out of date: [`StateFile::annex`] reads it anew.
    pub fn lock_annex(&self, id: &AnnexId, owner: &Owner) -> Result<AnnexLock, StateError> {
        let mut database = self.database();
        let own = self.connect(&database)?;
        let failed = database.failed("take the lock");
        let path = database.path.clone();
        let behavior = TransactionBehavior::Immediate;
        let transaction = database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let found = select(&transaction, &path, BY_ID, [id.name.as_str(), &id.nonce])?;
        let (key, _) = one(found, &id.tag(), &path)?;
        let token = lock::take(&transaction, &path, target(key, id), owner)?;
        transaction.commit().map_err(&failed)?;
        AnnexLock::new(own, key, id.clone(), token)
    }

    /// What is recorded of this annex by now.
    pub fn annex(&self, id: &AnnexId) -> Result<AnnexRecord, StateError> {
        self.read_annexes(|connection, path| {
            let found = select(connection, path, BY_ID, [id.name.as_str(), &id.nonce])?;
            one(found, &id.tag(), path).map(|(_, row)| row.record)
        })
    }

    /// The annex of that name that has not ended, else the newest that has.
    ///
    /// # Errors
    /// [`StateError::AnnexNotFound`] with the names most like it.
    pub fn find_annex(&self, name: &AnnexName) -> Result<AnnexRecord, StateError> {
        self.read_annexes(|connection, path| {
            let query = "WHERE name = ?1 ORDER BY ended_at IS NOT NULL, id DESC LIMIT 1";
            let found = select(connection, path, query, [name.as_str()])?;
            if let Some((_, row)) = found.into_iter().next() {
                return Ok(row.record);
            }
            let known =
                names(connection, true).map_err(|error| StateError::sqlite(path, "look for the annex", &error))?;
            let nearest = nearest(name.as_str(), known);
            Err(StateError::AnnexNotFound { name: name.to_string(), path: path.to_path_buf(), nearest })
        })
    }

    /// Annexes in the order in which they were created: those that have not ended, or all.
    pub fn annexes(&self, all: bool) -> Result<Vec<AnnexRow>, StateError> {
        self.read_annexes(|connection, path| {
            let rows = select(connection, path, "WHERE ?1 OR ended_at IS NULL ORDER BY id", [all])?;
            Ok(rows.into_iter().map(|(_, row)| row).collect())
        })
    }

    /// The journal of an annex, each line with the time at which it was recorded.
    pub fn annex_journal(&self, id: &AnnexId) -> Result<Vec<(Timestamp, AnnexEvent)>, StateError> {
        self.read_annexes(|connection, path| {
            let (key, _) = one(select(connection, path, BY_ID, [id.name.as_str(), &id.nonce])?, &id.tag(), path)?;
            let mut lines = Vec::new();
            annex_row::journal(connection, path, key, id, |at, event| lines.push((at, event)))?;
            Ok(lines)
        })
    }

    /// The names of annexes, for completions: quick, and nothing rather than an error. With `all`, those of ended ones too.
    pub fn annex_names(path: &Path, all: bool) -> Vec<String> {
        peek(path, |connection| names(connection, all)).unwrap_or_default()
    }

    /// Reads in one transaction, so that all is of the same moment.
    fn read_annexes<T>(&self, read: impl FnOnce(&Connection, &Path) -> Result<T, StateError>) -> Result<T, StateError> {
        let database = self.database();
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
