//! How much was recorded in all, kept outside of the database, so that a loss of its end is noticed.
//!
//! SQLite reads its log up to the first damaged frame, and takes what comes after for never written: the database is
//! sound then, and older than it was. So the commits are counted in it, and the count is also kept in a small file
//! beside it. The count is written there after each commit, without a flush: it may fall behind after a kill or a power
//! cut, and never be ahead, so that nothing is refused that is whole. A file without its count, such as a copy, is
//! taken as it is; a count without its file is that of one that was removed or emptied.

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

/// Longer than a count ever is.
const LIMIT: u64 = 128;

/// Counts one more commit, in the transaction that it is of.
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

/// Keeps the count beside the file. What keeps that from being done harms nobody: an earlier count stays.
pub(super) fn keep(path: &Path, id: &str, commits: i64) {
    let Ok(file) = open(path, true) else { return };
    // Of two that commit, the one that comes last may have committed first.
    if kept(&file).is_none_or(|(whose, known)| whose != id || known < commits) {
        let _ = file.write_all_at(line(id, commits).as_bytes(), 0);
    }
}

/// Fails where there is no database though something was recorded: it was removed, or emptied.
pub(super) fn check_there(path: &Path) -> Result<(), StateError> {
    if fs::metadata(path).is_ok_and(|found| found.len() > 0) {
        return Ok(());
    }
    match kept_at(path) {
        Some((_, had @ 1..)) => Err(StateError::Behind { path: path.to_path_buf(), has: 0, had }),
        _ => Ok(()),
    }
}

/// Whether something was recorded in a state file here.
pub(super) fn is_kept(path: &Path) -> bool {
    kept_at(path).is_some_and(|(_, had)| had > 0)
}

/// Fails where the database holds less than was recorded, or is another one.
pub(super) fn check(path: &Path, connection: &Connection) -> Result<(), StateError> {
    // In this order: what is counted beside the file was committed before.
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
    // Nobody else's, and no other name of another file.
    if !found.is_file() || found.uid() != geteuid().as_raw() || found.nlink() != 1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(file)
}

/// What is kept beside the state file at `path`.
fn kept_at(path: &Path) -> Option<(String, i64)> {
    kept(&open(path, false).ok()?)
}

/// Whose count is kept, and the count; none where it cannot be read.
fn kept(file: &File) -> Option<(String, i64)> {
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).ok()?;
    let mut words = text.split_whitespace().skip(1);
    let (id, commits) = (words.next()?.to_owned(), words.next()?.parse().ok()?);
    (text == line(&id, commits)).then_some((id, commits))
}

/// Of one length always, so that one that is written over another leaves nothing of it.
fn line(id: &str, commits: i64) -> String {
    let check = digest("head", &[DigestPart::Text(id), DigestPart::Number(commits)]);
    format!("hoist {id:<32} {commits:020} {}\n", hex::encode(&check[..8]))
}
