//! Room on the disk that is kept back, so that a run can be brought down when the disk is full.
//!
//! A file beside the state file holds it. It is given up where there is no room to record a tear-down. What is left of
//! it then is kept back again once that is done, and all of it by a later command once there is room.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::posix_fallocate;
use nix::libc::O_NOFOLLOW;
use nix::sys::statvfs::statvfs;
use nix::unistd::geteuid;

use super::companions::{RESERVE, directory_of, with_suffix};

/// Enough to record the end of a thousand services, with SQLite's log and its index.
const SIZE: u64 = 1024 * 1024;

/// Nothing is kept back where less than this stays free: who has so little needs it.
const SPARE: u64 = 8 * SIZE;

/// Less free space than this counts as none.
const NO_ROOM: u64 = 256 * 1024;

/// What stays free where a reserve that was given up is laid down again as far as there is room: enough to open the
/// file.
const LEFT: u64 = 64 * 1024;

/// The least that is worth keeping back: enough to record the end of a hundred services.
const LEAST: u64 = 128 * 1024;

/// Why nothing is kept back for tear-downs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoReserve {
    /// The file that would hold it.
    pub file: PathBuf,
    /// Its size, in bytes.
    pub size: u64,
    /// How many bytes more would have to be free for it to be made; none where something else keeps it from being made.
    pub missing: u64,
}

/// The reserve of a state file that is open, for all its connections. Where one of them gave it up, the last lays it
/// down again.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    for_an_end: bool,
    is_spent: AtomicBool,
    is_owed: AtomicBool,
}

impl Reserve {
    /// Of the state file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let (is_spent, is_owed) = Default::default();
        Self { path: path.to_path_buf(), for_an_end: false, is_spent, is_owed }
    }

    /// The same for who brings something down, which must not end for want of room. Where there is none, it is given up
    /// at once: a tear-down needs some for more than the state file.
    pub(super) fn for_an_end(path: &Path) -> Self {
        let mut reserve = Self::of(path);
        reserve.for_an_end = true;
        if free(path).is_some_and(|free| free < NO_ROOM) {
            reserve.give_up();
        }
        reserve
    }

    /// Whether everything that is written may use it.
    pub(super) fn is_for_an_end(&self) -> bool {
        self.for_an_end
    }

    /// Something was written: it is made now, where it is missing and there is room, or at the end of a tear-down.
    pub(super) fn written(&self, tears_down: bool) {
        match tears_down {
            true => self.is_owed.store(true, Ordering::Relaxed),
            false => ensure(&self.path),
        }
    }

    /// Gives it up; tells whether there was one.
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

/// Room for a command that ends what no run is of: where the disk is full, the reserve is given up for as long as this
/// lives.
#[derive(Debug)]
pub struct RoomToEnd {
    _reserve: Reserve,
}

impl RoomToEnd {
    /// Beside the state file at `path`, whether there is one or not.
    pub fn beside(path: &Path) -> Self {
        Self { _reserve: Reserve::for_an_end(path) }
    }
}

/// Makes the reserve, where it is missing and there is room. What keeps that from being done is no reason to stop.
fn ensure(path: &Path) {
    let reserve = with_suffix(path, RESERVE);
    let there = fs::symlink_metadata(&reserve);
    if there.as_ref().is_ok_and(|found| found.len() >= SIZE) || free(path).is_none_or(|free| free < SIZE + SPARE) {
        return;
    }
    if there.is_ok_and(|found| found.is_file() && found.uid() == geteuid().as_raw()) {
        // Cut short when it was made, or all that there was room for.
        let _ = fs::remove_file(&reserve);
    }
    make(&reserve, SIZE);
}

/// Makes it anew after it was given up: whole, or as far as there is room.
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

/// Why there is no reserve, or less than there should be, if that is so.
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

/// What is free for us where the file is.
fn free(path: &Path) -> Option<u64> {
    statvfs(directory_of(path)).ok().map(|found| found.blocks_available() * found.fragment_size())
}
