//! The output of programs, kept in files of limited size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::fcntl::{FallocateFlags, fallocate};
use nix::libc;

use crate::host::protocol::InstanceLayout;
use crate::os::files;
use crate::provider::OUTPUT_LIMIT;

/// The maximum disk space of one output file. Beyond that its beginning is deleted, since a program that prints
/// endlessly must not fill the disk.
const ON_DISK: u64 = 16 * 1024 * 1024;

/// The interval of the checks while output grows. The output printed within it comes on top of [`ON_DISK`].
const GROWING_PAUSE: Duration = Duration::from_millis(50);

/// The interval of the checks if the kernel cannot notify about a quiet file that begins to grow again.
const BLIND_PAUSE: Duration = Duration::from_secs(1);

/// The event of [`libc::F_NOTIFY`] for a write to a file in the directory.
const DN_MODIFY: libc::c_int = 2;

/// The extension of output files.
const EXTENSION: &str = "out";

/// The output files of a host's programs: one for each command, and the console.
#[derive(Debug)]
pub(super) struct Outputs {
    runs: PathBuf,
    console: PathBuf,
    /// The directories of those files, kept open for the kernel's notifications.
    watched: Vec<File>,
    /// The total length of all files at the last check.
    length: u64,
    look_at: Option<Instant>,
}

impl Outputs {
    /// Opens the output files of the host in `directory`.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        let runs = directory.join(InstanceLayout::RUNS);
        files::make_private_directory_in_place(&runs)?;
        let watched = vec![File::open(&runs)?, File::open(directory)?];
        let console = directory.join(InstanceLayout::CONSOLE);
        Ok(Self { runs, console, watched, length: 0, look_at: Some(Instant::now()) })
    }

    /// Creates an empty file for the output of the command `name`.
    pub(super) fn open(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).custom_flags(libc::O_APPEND).mode(0o600);
        match options.open(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // The directory was moved or removed by somebody else.
                files::make_private_directory_in_place(&self.runs)?;
                options.open(self.path(name))
            }
            opened => opened,
        }
    }

    /// Returns the end of the command's output.
    pub(super) fn text(&self, name: &str) -> String {
        files::tail(&self.path(name), u64::MAX, OUTPUT_LIMIT)
            .unwrap_or_else(|error| format!("(its output cannot be read: {error})"))
    }

    /// Removes the output of an ended command, unless a process that it left behind has the file open for writing.
    pub(super) fn discard(&self, name: &str) {
        discard_unwritten(&self.path(name));
    }

    /// Notes that some file was written.
    pub(super) fn changed(&mut self) {
        self.look_at.get_or_insert_with(Instant::now);
    }

    /// Returns the time at which [`Self::look`] has something to do next.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.look_at
    }

    /// Deletes the beginning of files that have become too long, and removes files that are neither open for writing
    /// nor belong to a command for which `runs` is true.
    pub(super) fn look(&mut self, now: Instant, runs: impl Fn(&str) -> bool) {
        let mut length = trim(&self.console);
        for entry in fs::read_dir(&self.runs).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                length += trim(&path);
                if !path.file_stem().and_then(|name| name.to_str()).is_some_and(&runs) {
                    discard_unwritten(&path);
                }
            }
        }
        let grows = length > self.length;
        self.length = length;
        self.look_at = if grows {
            Some(now + GROWING_PAUSE)
        } else if self.watch() {
            None
        } else {
            Some(now + BLIND_PAUSE)
        };
    }

    /// Arms a single notification, by SIGIO, for the next write to a file. Returns whether the kernel supports that.
    ///
    /// Inotify would do as well, but its default limit is 128 instances per user.
    fn watch(&self) -> bool {
        // SAFETY: the descriptors are open, and the signal is blocked and read from a descriptor.
        self.watched.iter().all(|place| unsafe { libc::fcntl(place.as_raw_fd(), libc::F_NOTIFY, DN_MODIFY) } == 0)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.runs.join(name).with_extension(EXTENSION)
    }
}

/// Deletes the beginning of a file if it takes too much space. Returns the file's length.
fn trim(path: &Path) -> u64 {
    let Ok(metadata) = fs::metadata(path) else { return 0 };
    // This count is in units of 512 bytes, whatever the block size is.
    if metadata.blocks() * 512 > ON_DISK
        && let Ok(mut file) = OpenOptions::new().append(true).open(path)
    {
        let surplus = i64::try_from(metadata.len().saturating_sub(OUTPUT_LIMIT as u64)).unwrap_or(i64::MAX);
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        if fallocate(&file, hole, 0, surplus).is_err() {
            // Not every file system supports that. Output printed at this moment may be lost or precede older output.
            let end = files::tail(path, u64::MAX, OUTPUT_LIMIT).unwrap_or_default();
            let _ = file.set_len(0).and_then(|()| file.write_all(end.as_bytes()));
        }
    }
    metadata.len()
}

/// Removes a file unless it is open for writing: it would continue to grow, unseen.
fn discard_unwritten(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    // SAFETY: the descriptor is open. The kernel grants this lease only on a file that is not open for writing.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_RDLCK) } == 0 {
        // A failed removal is retried at the next check.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_kept_and_what_is_not_goes() {
        let directory = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::new(directory.path()).unwrap();
        let mut written = outputs.open("written").unwrap();
        written.write_all(b"first").unwrap();
        outputs.open("over").unwrap();
        outputs.open("runs").unwrap();
        outputs.look(Instant::now(), |name| name == "runs");
        let there = ["written", "over", "runs"].map(|name| outputs.path(name).exists());
        assert_eq!(there, [true, false, true]);
        drop(written);
        outputs.discard("written");
        assert!(!outputs.path("written").exists());
    }

    #[test]
    fn the_beginning_of_long_output_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::new(directory.path()).unwrap();
        let mut file = outputs.open("long").unwrap();
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..20 {
            file.write_all(&line).unwrap();
        }
        file.write_all(b"end").unwrap();
        outputs.look(Instant::now(), |_| true);
        let on_disk = fs::metadata(outputs.path("long")).unwrap().blocks() * 512;
        assert!(on_disk < 1024 * 1024, "{on_disk}");
        file.write_all(b"more").unwrap();
        let text = outputs.text("long");
        assert!(text.len() == OUTPUT_LIMIT && text.ends_with("xxendmore"));
    }

    #[test]
    fn quiet_output_is_not_looked_at() {
        let directory = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::new(directory.path()).unwrap();
        let mut file = outputs.open("quiet").unwrap();
        file.write_all(b"one").unwrap();
        let now = Instant::now();
        assert!(outputs.next_look().is_some_and(|at| at <= now + GROWING_PAUSE));
        outputs.length = 1000;
        // Not armed, since the signal would end the test process.
        outputs.watched = vec![File::open("/dev/null").unwrap()];
        outputs.look(now, |_| true);
        assert_eq!(outputs.next_look(), Some(now + BLIND_PAUSE));
    }
}
