//! Locks on files that end with the last process that holds them, whatever way it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// An exclusive lock on bytes of a file, held until dropped.
///
/// It belongs to the open file description, so a child that is forked while it is held keeps it alive, and it can be
/// asked about without being taken.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock on the whole file, made if it is missing; `None` when another process holds it.
    pub(crate) fn try_whole(path: &Path) -> io::Result<Option<Self>> {
        Self::try_range(path, 0, 0)
    }

    /// Takes the lock on `length` bytes from `start` (0: to the end); `None` when another process holds a part of them.
    pub(crate) fn try_range(path: &Path, start: i64, length: i64) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match fcntl(&file, FcntlArg::F_OFD_SETLK(&exclusive(start, length))) {
            Ok(_) => Ok(Some(Self { _file: file })),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the lock on `length` bytes from `start`, after whoever holds it now.
    pub(crate) fn wait_range(path: &Path, start: i64, length: i64) -> io::Result<Self> {
        let file = open(path)?;
        loop {
            match fcntl(&file, FcntlArg::F_OFD_SETLKW(&exclusive(start, length))) {
                Ok(_) => return Ok(Self { _file: file }),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether anybody holds a lock on the file; one that does not exist is not held.
    pub(crate) fn is_held(path: &Path) -> io::Result<bool> {
        let file = match OpenOptions::new().read(true).write(true).custom_flags(libc::O_CLOEXEC).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut lock = exclusive(0, 0);
        fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock))?;
        Ok(i32::from(lock.l_type) != libc::F_UNLCK)
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn exclusive(start: i64, length: i64) -> libc::flock {
    // The constants are small and the kernel asks for 0 as process id with this kind of lock.
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start,
        l_len: length,
        l_pid: 0,
    }
}
