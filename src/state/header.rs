//! The header of a state file, read without SQLite.
//!
//! A process that closes a file releases all its locks on that file, even those that it took through another descriptor
//! (fcntl(2), "Record locking"). So a file that SQLite uses in this process must not be opened and closed separately:
//! another process would take the file for unused, and remove its log (<https://www.sqlite.org/howtocorrupt.html> §
//! 2.2). Files opened here therefore stay open, each once.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use nix::libc::{O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK};

/// The size of the header, in bytes: <https://www.sqlite.org/fileformat.html#the_database_header>.
pub(super) const SIZE: usize = 100;

/// The first bytes of a database.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Returns the size of the database according to its header, in bytes; `None` if this is not a database header.
pub(super) fn size_of_all(header: &[u8]) -> Option<u64> {
    let page = u16::from_be_bytes(header.get(16..18)?.try_into().ok()?);
    let pages = u32::from_be_bytes(header.get(28..32)?.try_into().ok()?);
    let page = if page == 1 { 65_536 } else { u64::from(page) };
    header.starts_with(MAGIC).then_some(page * u64::from(pages))
}

/// Reads the header of the file currently at the path; shorter only if the file is.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    static OPEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = std::fs::symlink_metadata(path)?;
    let is_it =
        |file: &File| file.metadata().is_ok_and(|found| (found.dev(), found.ino()) == (wanted.dev(), wanted.ino()));
    let at = match open.iter().position(is_it) {
        Some(at) => at,
        None => {
            let flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
            open.push(OpenOptions::new().read(true).custom_flags(flags).open(path)?);
            open.len() - 1
        }
    };
    let mut beginning = vec![0; SIZE];
    let mut length = 0;
    while length < SIZE {
        match open[at].read_at(&mut beginning[length..], length as u64)? {
            0 => break,
            read => length += read,
        }
    }
    beginning.truncate(length);
    Ok(beginning)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;
    use crate::state::StateFile;

    #[test]
    fn a_file_is_read_as_it_is_now() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("f");
        fs::write(&file, "short").unwrap();
        assert_eq!(read(&file).unwrap(), b"short");
        fs::write(&file, [b'x'; 300]).unwrap();
        assert_eq!(read(&file).unwrap(), [b'x'; SIZE]);
        fs::remove_file(&file).unwrap();
        assert!(read(&file).is_err());
        fs::write(&file, "other").unwrap();
        assert_eq!(read(&file).unwrap(), b"other");
    }

    #[test]
    fn whoever_looks_at_the_file_gives_up_no_lock() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        let state = StateFile::open(&file).unwrap();
        state.id().unwrap();
        drop(StateFile::open(&file).unwrap());
        let log = directory.path().join("hoist.db-wal");
        let before = fs::metadata(&log).unwrap().ino();
        // Otherwise another process would remove the log of an apparently unused file when it closes it.
        let script =
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select count(*) from runs'); c.close()";
        let other = Command::new("python3").args(["-c", script]).arg(&file).process_group(0).status().unwrap();
        assert!(other.success());
        assert_eq!(fs::metadata(&log).map(|found| found.ino()).unwrap(), before, "its log is there");
    }
}
