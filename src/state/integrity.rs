//! Whether the file is what SQLite and we made of it, before anything of it is believed or written.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::digest::{DigestPart, digest};
use super::error::StateError;

/// Larger files (100 MB) are not read through by every command; what is read of them is compared with its seals all the
/// same.
const MOST_PAGES: i64 = 25_600;

/// Fails where SQLite finds its trees, its lists of pages or its tables damaged.
pub(super) fn check_structure(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let failed = |error: rusqlite::Error| StateError::sqlite(path, "check what is there", &error);
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(failed)?;
    if pages > MOST_PAGES {
        return Ok(());
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    // In the words that SQLite has for whoever meets the damage without looking for it.
    if found == "ok" { Ok(()) } else { Err(damaged(path, "database disk image is malformed".to_owned())) }
}

/// Fails where the tables are not those that this format has: a bit may turn one format's number into another's.
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

/// Whether the file says of itself that it has a format from which on its tables are noted.
pub(super) fn is_noted(connection: &Connection) -> rusqlite::Result<bool> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'";
    let has_meta: i64 = connection.query_row(tables, [], |row| row.get(0))?;
    if has_meta == 0 {
        return Ok(false);
    }
    let noted = "SELECT count(*) FROM meta WHERE key = 'schema'";
    connection.query_row(noted, [], |row| row.get::<_, i64>(0)).map(|count| count > 0)
}

/// Notes the tables as they are.
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
