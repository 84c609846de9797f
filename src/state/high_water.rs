//! The total number of commits, stored outside of the database to detect the loss of its last ones.
//!
//! SQLite reads its log up to the first damaged frame, and ignores the rest as never written: the database is then
//! sound, but outdated. So commits are counted in the database, and the count is also stored in a small file beside it.
//! That file is written after each commit, without a flush: after a kill or a power cut it may lag behind, but it is
//! never ahead, so an intact database is never refused. A database without count file, such as a copy, is accepted; a
//! count file without database means that the database was removed or emptied.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::libc::{O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK};
use nix::unistd::geteuid;
use rusqlite::{Connection, OptionalExtension, params};

use super::companions::{HEAD, with_suffix};
use super::digest::{DigestPart, digest};
use super::error::StateError;
use super::identity;

/// More than the length of a count file.
const LIMIT: u64 = 128;

/// Counts a commit, in its own transaction.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<i64> {
    let commits = read(connection)? + 1;
    let insert = "INSERT OR REPLACE INTO meta (key, value) VALUES ('commits', ?1)";
    connection.prepare_cached(insert)?.execute(params![commits.to_string()])?;
    Ok(commits)
}

fn read(connection: &Connection) -> rusqlite::Result<i64> {
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE key = 'commits'")?;
    let text: Option<String> = query.query_row([], |row| row.get(0)).optional()?;
    text.map_or(Ok(0), |text| {
        let unreadable =
            |error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error));
        text.parse().map_err(unreadable)
    })
}

/// Stores the count beside the file. Failures are harmless: an earlier count remains.
pub(super) fn keep(path: &Path, id: &str, commits: i64) {
    let Ok(file) = open(path, true) else { return };
    // With concurrent commits, the last writer may have committed first.
    if kept(&file).is_none_or(|(whose, known)| whose != id || known < commits) {
        let _ = file.write_all_at(line(id, commits).as_bytes(), 0);
    }
}

/// Fails if the database is missing although commits were counted: it was removed, or emptied.
pub(super) fn check_there(path: &Path) -> Result<(), StateError> {
    if fs::metadata(path).is_ok_and(|found| found.len() > 0) {
        return Ok(());
    }
    match kept_at(path) {
        Some((_, had @ 1..)) => Err(StateError::Behind { path: path.to_path_buf(), has: 0, had }),
        _ => Ok(()),
    }
}

/// Whether commits of a state file were counted here.
pub(super) fn is_kept(path: &Path) -> bool {
    kept_at(path).is_some_and(|(_, had)| had > 0)
}

/// Fails if the database has fewer commits than counted, or is another one.
pub(super) fn check(path: &Path, connection: &Connection) -> Result<(), StateError> {
    // In this order: a count beside the file was committed before.
    let Some((id, had)) = kept_at(path) else { return Ok(()) };
    let failed = |error| StateError::sqlite(path, "read how much was recorded", &error);
    let has = match identity::read(connection).map_err(failed)? {
        Some(own) if own != id => return Err(StateError::Exchanged { path: path.to_path_buf() }),
        Some(_) => read(connection).map_err(failed)?,
        None => 0,
    };
    if has < had { Err(StateError::Behind { path: path.to_path_buf(), has, had }) } else { Ok(()) }
}

fn open(path: &Path, write: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    options.read(true).write(write).create(write).truncate(false).mode(0o600).custom_flags(flags);
    let file = options.open(with_suffix(path, HEAD))?;
    let found = file.metadata()?;
    // Refuses files of other users and hard links.
    if !found.is_file() || found.uid() != geteuid().as_raw() || found.nlink() != 1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(file)
}

/// Reads the count beside the state file at `path`.
fn kept_at(path: &Path) -> Option<(String, i64)> {
    kept(&open(path, false).ok()?)
}

/// Reads the identity and the count; `None` if unreadable.
fn kept(file: &File) -> Option<(String, i64)> {
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).ok()?;
    let mut words = text.split_whitespace().skip(1);
    let (id, commits) = (words.next()?.to_owned(), words.next()?.parse().ok()?);
    (text == line(&id, commits)).then_some((id, commits))
}

/// Formats a count with a constant length, so that a new one overwrites the old one completely.
fn line(id: &str, commits: i64) -> String {
    let check = digest("head", &[DigestPart::Text(id), DigestPart::Number(commits)]);
    format!("hoist {id:<32} {commits:020} {}\n", hex::encode(&check[..8]))
}
