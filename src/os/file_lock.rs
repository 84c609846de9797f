//! File locks that are released when the last process that holds them ends, in whatever way.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// An exclusive lock on bytes of a file, held until dropped.
///
/// It belongs to the open file description: it is shared with children forked while it is held, and can be queried
/// without being taken.
#[derive(Debug)]
pub(crate) struct FileLock {
    /// `None` once it was handed on.
    file: Option<File>,
    start: i64,
    length: i64,
}

impl FileLock {
    /// Locks the whole file, creating it if necessary. Returns `None` if another process holds the lock.
    pub(crate) fn try_whole(path: &Path) -> io::Result<Option<Self>> {
        Self::try_range(path, 0, 0)
    }

    /// Locks `length` bytes from `start` (0: to the end). Returns `None` if another process holds a lock on a part of
    /// them.
    pub(crate) fn try_range(path: &Path, start: i64, length: i64) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match fcntl(&file, FcntlArg::F_OFD_SETLK(&range(libc::F_WRLCK, start, length))) {
            Ok(_) => Ok(Some(Self { file: Some(file), start, length })),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Locks `length` bytes from `start`, waiting for the present holder.
    pub(crate) fn wait_range(path: &Path, start: i64, length: i64) -> io::Result<Self> {
        let file = open(path)?;
        loop {
            match fcntl(&file, FcntlArg::F_OFD_SETLKW(&range(libc::F_WRLCK, start, length))) {
                Ok(_) => return Ok(Self { file: Some(file), start, length }),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Keeps the lock until this process and all its forks have ended.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }

    /// Returns the locked file, for a child to write to: the child holds the lock until it ends.
    pub(crate) fn hand_on(mut self) -> Option<File> {
        self.file.take()
    }

    /// Returns whether some process holds a lock on the file; false for a missing file.
    pub(crate) fn is_held(path: &Path) -> io::Result<bool> {
        let file =
            match OpenOptions::new().read(true).write(true).custom_flags(libc::O_CLOEXEC | libc::O_NOFOLLOW).open(path)
            {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error),
            };
        let mut lock = range(libc::F_WRLCK, 0, 0);
        fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock))?;
        Ok(i32::from(lock.l_type) != libc::F_UNLCK)
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

fn range(kind: libc::c_int, start: i64, length: i64) -> libc::flock {
    // The constants are small, and the kernel requires process id 0 for this kind of lock.
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start,
        l_len: length,
        l_pid: 0,
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing the file alone would not suffice: a child that another thread is just starting holds a copy until its
        // exec. Unlocking a held lock does not fail.
        let unlocked = range(libc::F_UNLCK, self.start, self.length);
        let _ = self.file.as_ref().map(|file| fcntl(file, FcntlArg::F_OFD_SETLK(&unlocked)));
    }
}
