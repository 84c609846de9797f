//! Disk space reserved for recording tear-downs when the disk is full.
//!
//! It is held by a file beside the state file, which is removed when there is no space to record a tear-down. After
//! that, the reserve is restored as far as space allows, and completely by a later command once there is enough space.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::posix_fallocate;
use nix::libc::O_NOFOLLOW;
use nix::sys::statvfs::statvfs;
use nix::unistd::geteuid;

use super::companions::{RESERVE, directory_of, with_suffix};

/// In bytes: enough to record the end of a thousand services, with SQLite's log and its index.
const SIZE: u64 = 1024 * 1024;

/// The least space, in bytes, that must stay free beside the reserve: a smaller disk needs it for other things.
const SPARE: u64 = 8 * SIZE;

/// Less free space than this, in bytes, counts as none.
const NO_ROOM: u64 = 256 * 1024;

/// The bytes left free when a used reserve is restored as far as space allows: enough to open the file.
const LEFT: u64 = 64 * 1024;

/// The smallest reserve worth keeping, in bytes: enough to record the end of a hundred services.
const LEAST: u64 = 128 * 1024;

/// Why there is no reserve for tear-downs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoReserve {
    /// The file of the reserve.
    pub file: PathBuf,
    /// Its size, in bytes.
    pub size: u64,
    /// How many more free bytes it would need; `None` if it cannot be made for another reason.
    pub missing: u64,
}

/// The reserve of an open state file, shared by all its connections. If one of them uses it, the last one restores it.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    for_an_end: bool,
    is_spent: AtomicBool,
    is_owed: AtomicBool,
}

impl Reserve {
    /// Creates the reserve of the state file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let (is_spent, is_owed) = Default::default();
        Self { path: path.to_path_buf(), for_an_end: false, is_spent, is_owed }
    }

    /// The same for a tear-down, which must not fail for lack of space. If there is no free space, the reserve is
    /// released at once: a tear-down needs space for more than the state file.
    pub(super) fn for_an_end(path: &Path) -> Self {
        let mut reserve = Self::of(path);
        reserve.for_an_end = true;
        if free(path).is_some_and(|free| free < NO_ROOM) {
            reserve.give_up();
        }
        reserve
    }

    /// Whether all writes may use it.
    pub(super) fn is_for_an_end(&self) -> bool {
        self.for_an_end
    }

    /// Called after a write: makes the reserve, if it is missing and there is space, at once or, for a tear-down, at
    /// its end.
    pub(super) fn written(&self, tears_down: bool) {
        match tears_down {
            true => self.is_owed.store(true, Ordering::Relaxed),
            false => ensure(&self.path),
        }
    }

    /// Releases it; returns whether there was one.
    pub(super) fn give_up(&self) -> bool {
        let was_there = give_up(&self.path);
        self.is_spent.fetch_or(was_there, Ordering::Relaxed);
        was_there
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        if *self.is_spent.get_mut() {
            restore(&self.path);
        } else if *self.is_owed.get_mut() {
            ensure(&self.path);
        }
    }
}

/// Space for a command that terminates resources that belong to no run: if the disk is full, the reserve stays released
/// until this is dropped.
#[derive(Debug)]
pub struct RoomToEnd {
    _reserve: Reserve,
}

impl RoomToEnd {
    /// Uses the reserve beside the state file at `path`, whether or not that file exists.
    pub fn beside(path: &Path) -> Self {
        Self { _reserve: Reserve::for_an_end(path) }
    }
}

/// Makes the reserve, if it is missing and there is space. Failures are ignored.
fn ensure(path: &Path) {
    let reserve = with_suffix(path, RESERVE);
    let there = fs::symlink_metadata(&reserve);
    if there.as_ref().is_ok_and(|found| found.len() >= SIZE) || free(path).is_none_or(|free| free < SIZE + SPARE) {
        return;
    }
    if there.is_ok_and(|found| found.is_file() && found.uid() == geteuid().as_raw()) {
        // It was truncated when made, or limited by the free space.
        let _ = fs::remove_file(&reserve);
    }
    make(&reserve, SIZE);
}

/// Restores it after its use: completely, or as far as space allows.
fn restore(path: &Path) {
    ensure(path);
    let reserve = with_suffix(path, RESERVE);
    let size = free(path).map_or(0, |free| free.saturating_sub(LEFT)).min(SIZE);
    if fs::symlink_metadata(&reserve).is_err() && size >= LEAST {
        make(&reserve, size);
    }
}

fn make(reserve: &Path, size: u64) {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(O_NOFOLLOW).open(reserve);
    if let Ok(file) = made
        && posix_fallocate(&file, 0, size.cast_signed()).is_err()
    {
        let _ = fs::remove_file(reserve);
    }
}

/// Returns why the reserve is missing or too small, if it is.
pub(super) fn lack(path: &Path) -> Option<NoReserve> {
    let file = with_suffix(path, RESERVE);
    if fs::symlink_metadata(&file).is_ok_and(|found| found.len() >= SIZE) {
        return None;
    }
    let missing = free(path).map_or(0, |free| (SIZE + SPARE).saturating_sub(free));
    Some(NoReserve { file, size: SIZE, missing })
}

fn give_up(path: &Path) -> bool {
    fs::remove_file(with_suffix(path, RESERVE)).is_ok()
}

/// Returns the free space for this user in the file's directory.
fn free(path: &Path) -> Option<u64> {
    statvfs(directory_of(path)).ok().map(|found| found.blocks_available() * found.fragment_size())
}
