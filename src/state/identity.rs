//! Which state file this is: a number by chance, kept in it from its first opening on, wherever the file is moved.

use rusqlite::{Connection, OptionalExtension};

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

/// The file's identifier, once it has one.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = 'id'", [], |row| row.get(0)).optional()
}
