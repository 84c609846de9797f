//! Which state file this is: a number by chance, kept in it from its first opening on, wherever the file is moved.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::error::StateError;
use super::state_file::{StateFile, peek};

const READ: &str = "SELECT value FROM meta WHERE key = 'id'";

/// What another state file on this machine says of a run or an annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// It stands, and looks after it.
    Holds,
    /// It stands, and does not: it has ended there, or is not recorded.
    DoesNot,
    /// There is no such file any more, or it cannot be read.
    Unknown,
}

/// Gives the file its identifier, if it has none yet.
pub(super) fn ensure(connection: &Connection) -> rusqlite::Result<()> {
    if read(connection)?.is_none() {
        // Another process may give it one at the same moment: the first counts.
        connection
            .execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('id', lower(hex(randomblob(16))))", [])
            .map(drop)?;
    }
    Ok(())
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row(READ, [], |row| row.get(0)).optional()
}

impl StateFile {
    /// Tells this state file from every other: 32 hexadecimal digits, the same for as long as it exists, wherever it
    /// is.
    pub fn id(&self) -> Result<String, StateError> {
        let database = self.database();
        // A file that was made before there were identifiers gets its own here.
        let found = ensure(&database.connection).and_then(|()| read(&database.connection));
        let found = found.map_err(database.failed("read which file it is"))?;
        found.filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).ok_or_else(|| {
            StateError::Corrupt { path: database.path.clone(), detail: "it does not say which file it is".to_owned() }
        })
    }
}

/// Whether the state file at `path`, if it is still the one with this identity, looks after the run with this tag.
/// Reads only.
pub fn holds_run(path: &Path, identity: &str, tag: &str) -> Elsewhere {
    holds(path, identity, "SELECT 1 FROM runs WHERE tag = ?1 AND ended_at IS NULL", tag)
}

/// The same of an annex, by its tag: the name and the nonce.
pub fn holds_annex(path: &Path, identity: &str, tag: &str) -> Elsewhere {
    holds(path, identity, "SELECT 1 FROM annexes WHERE name || '/' || nonce = ?1 AND ended_at IS NULL", tag)
}

fn holds(path: &Path, identity: &str, query: &str, tag: &str) -> Elsewhere {
    let found = peek(path, |connection| {
        let theirs: Option<String> = connection.query_row(READ, [], |row| row.get(0)).optional()?;
        if theirs.as_deref() != Some(identity) {
            return Ok(Elsewhere::Unknown);
        }
        let held = connection.query_row(query, [tag], |_| Ok(())).optional()?;
        Ok(if held.is_some() { Elsewhere::Holds } else { Elsewhere::DoesNot })
    });
    found.unwrap_or(Elsewhere::Unknown)
}
