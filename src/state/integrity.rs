//! Integrity checks of the file, done before its content is used or written.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::digest::{DigestPart, digest};
use super::error::StateError;

/// Larger files (100 MB) are not checked as a whole by every command; the rows that are read are still verified against
/// their seals.
const MOST_PAGES: i64 = 25_600;

/// Fails if SQLite finds its trees, its lists of pages or its tables damaged.
pub(super) fn check_structure(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let failed = |error: rusqlite::Error| StateError::sqlite(path, "check what is there", &error);
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(failed)?;
    if pages > MOST_PAGES {
        return Ok(());
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    // SQLite's own message for damage that it meets by chance.
    if found == "ok" { Ok(()) } else { Err(damaged(path, "database disk image is malformed".to_owned())) }
}

/// Fails if the tables are not those of this format: a flipped bit may turn one format's number into another's.
pub(super) fn check_schema(connection: &Connection, path: &Path, format: i64) -> Result<(), StateError> {
    let failed = |error: rusqlite::Error| StateError::sqlite(path, "look at the tables", &error);
    let noted: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'schema'", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if noted == Some(schema(connection, format).map_err(failed)?) {
        return Ok(());
    }
    Err(damaged(path, format!("its tables are not those of format {format}")))
}

/// Whether the file's declared format has the tables noted in it.
pub(super) fn is_noted(connection: &Connection) -> rusqlite::Result<bool> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'";
    let has_meta: i64 = connection.query_row(tables, [], |row| row.get(0))?;
    if has_meta == 0 {
        return Ok(false);
    }
    let noted = "SELECT count(*) FROM meta WHERE key = 'schema'";
    connection.query_row(noted, [], |row| row.get::<_, i64>(0)).map(|count| count > 0)
}

/// Stores the current tables.
pub(super) fn note_schema(connection: &Connection, format: i64) -> rusqlite::Result<()> {
    let schema = schema(connection, format)?;
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', ?1)", params![schema]).map(drop)
}

fn schema(connection: &Connection, format: i64) -> rusqlite::Result<String> {
    let mut query =
        connection.prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")?;
    let mut rows = query.query([])?;
    let mut texts: Vec<String> = Vec::new();
    while let Some(row) = rows.next()? {
        for column in 0..4 {
            texts.push(row.get(column)?);
        }
    }
    let parts: Vec<DigestPart<'_>> =
        std::iter::once(DigestPart::Number(format)).chain(texts.iter().map(|text| DigestPart::Text(text))).collect();
    Ok(hex::encode(digest("schema", &parts)))
}

pub(super) fn damaged(path: &Path, detail: String) -> StateError {
    StateError::Corrupt { path: path.to_path_buf(), detail }
}
