//! What programs print: kept in files that are not allowed to fill the disk.

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

/// The disk space that one file of output may take; from there on its beginning is given up, since a program that
/// prints without end must not fill the disk.
const ON_DISK: u64 = 16 * 1024 * 1024;

/// The pause between two looks at output that grows. What a program can print in it comes on top of [`ON_DISK`].
const GROWING_PAUSE: Duration = Duration::from_millis(50);

/// The same where the kernel does not tell when a quiet file begins to grow again.
const BLIND_PAUSE: Duration = Duration::from_secs(1);

/// Of [`libc::F_NOTIFY`]: tell when a file in the directory is written.
const DN_MODIFY: libc::c_int = 2;

/// The end of the names of files of output.
const EXTENSION: &str = "out";

/// The files that a host's programs print to: one for each command, and the console.
#[derive(Debug)]
pub(super) struct Outputs {
    runs: PathBuf,
    console: PathBuf,
    /// The directories of those files, open for the kernel to tell when something in them is written.
    watched: Vec<File>,
    /// How long all files were at the last look.
    length: u64,
    look_at: Option<Instant>,
}

impl Outputs {
    /// Those of the host in `directory`.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        let runs = directory.join(InstanceLayout::RUNS);
        files::make_private_directory_in_place(&runs)?;
        let watched = vec![File::open(&runs)?, File::open(directory)?];
        let console = directory.join(InstanceLayout::CONSOLE);
        Ok(Self { runs, console, watched, length: 0, look_at: Some(Instant::now()) })
    }

    /// A new, empty file for the output of the command called `name`.
    pub(super) fn open(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).custom_flags(libc::O_APPEND).mode(0o600);
        match options.open(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Somebody has moved or removed their directory.
                files::make_private_directory_in_place(&self.runs)?;
                options.open(self.path(name))
            }
            opened => opened,
        }
    }

    /// The end of what that command printed.
    pub(super) fn text(&self, name: &str) -> String {
        files::tail(&self.path(name), u64::MAX, OUTPUT_LIMIT)
            .unwrap_or_else(|error| format!("(its output cannot be read: {error})"))
    }

    /// Removes the output of a command that is over, unless something that it left behind goes on writing it.
    pub(super) fn discard(&self, name: &str) {
        discard_unwritten(&self.path(name));
    }

    /// Takes note that something was written.
    pub(super) fn changed(&mut self) {
        self.look_at.get_or_insert_with(Instant::now);
    }

    /// When [`Self::look`] has something to do next.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.look_at
    }

    /// Gives up the beginning of what has become too long, and files that nobody writes or will ask for; those of
    /// commands that run are asked for.
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

    /// Has the kernel tell, once, by SIGIO, when a file begins to grow; whether it can.
    ///
    /// Inotify would do as well, but of its instances a user may have no more than 128 by default.
    fn watch(&self) -> bool {
        // SAFETY: the descriptors are open, and the signal is blocked and read from a descriptor.
        self.watched.iter().all(|place| unsafe { libc::fcntl(place.as_raw_fd(), libc::F_NOTIFY, DN_MODIFY) } == 0)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.runs.join(name).with_extension(EXTENSION)
    }
}

/// Gives up the beginning of a file if it takes too much space; its length.
fn trim(path: &Path) -> u64 {
    let Ok(metadata) = fs::metadata(path) else { return 0 };
    // 512 is the unit of this count whatever the block size is.
    if metadata.blocks() * 512 > ON_DISK
        && let Ok(mut file) = OpenOptions::new().append(true).open(path)
    {
        let surplus = i64::try_from(metadata.len().saturating_sub(OUTPUT_LIMIT as u64)).unwrap_or(i64::MAX);
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        if fallocate(&file, hole, 0, surplus).is_err() {
            // Not every file system can. What is printed in this moment comes before what was printed last, or is lost.
            let end = files::tail(path, u64::MAX, OUTPUT_LIMIT).unwrap_or_default();
            let _ = file.set_len(0).and_then(|()| file.write_all(end.as_bytes()));
        }
    }
    metadata.len()
}

/// Removes a file unless somebody has it open to write it: that would grow on, unseen.
fn discard_unwritten(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    // SAFETY: the descriptor is open. The kernel gives this lease only on a file that nobody has open for writing.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_RDLCK) } == 0 {
        // What cannot be removed now is tried again at the next look.
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
        // Not armed: the signal would end the process of this test.
        outputs.watched = vec![File::open("/dev/null").unwrap()];
        outputs.look(now, |_| true);
        assert_eq!(outputs.next_look(), Some(now + BLIND_PAUSE));
    }
}
