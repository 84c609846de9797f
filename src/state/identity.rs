//! The identity of a state file: a random number, stored in it at its first opening, and kept when the file is moved.

use rusqlite::{Connection, OptionalExtension};

/// Creates the file's identifier, if missing.
pub(super) fn ensure(connection: &Connection) -> rusqlite::Result<()> {
    if read(connection)?.is_none() {
        // Another process may set one at the same moment: the first is kept.
        connection
            .execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('id', lower(hex(randomblob(16))))", [])
            .map(drop)?;
    }
    Ok(())
}

/// Reads the file's identifier, if it has one.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = 'id'", [], |row| row.get(0)).optional()
}
