//! Quick reads of a state file for interactive use.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{open_checks, unwritable};

/// The time limit of name completion in a shell.
const COMPLETION_TIMEOUT: Duration = Duration::from_millis(100);

/// Reads from the file for shell completion: quickly or not at all, and without changing anything.
pub(super) fn peek<T>(path: &Path, read: impl Fn(&Connection) -> rusqlite::Result<T>) -> Option<T> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let as_ever = |path: &Path| -> rusqlite::Result<T> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(COMPLETION_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        read(&connection)
    };
    if let Ok(Some(path)) = open_checks::check(path)
        && let Ok(read) = as_ever(&path)
    {
        return Some(read);
    }
    let path = open_checks::check_to_read(path).ok()??;
    read(&unwritable::open(&path, COMPLETION_TIMEOUT).ok()?).ok()
}
