//! The lease of a host: the time until which it may run, which can change meanwhile.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use serde::{Deserialize, Serialize};

use crate::host::protocol::InstanceLayout;
use crate::os::{Durability, files};

/// The interval of the lease checks: often enough to notice soon that a lease was cut short or the clock was set, and
/// seldom enough that a thousand hosts together take less than a hundredth of a processor.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// The maximum size of a lease file, in bytes. A timestamp in RFC 3339 is shorter.
const LONGEST: u64 = 64;

/// The lease in an init's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeaseTerms {
    /// The end of the lease, unless it changes.
    pub(crate) ends: Timestamp,
    /// The directory with [`InstanceLayout::LEASE`], the file with the current end of the lease, and with any other
    /// files that the host may need: it is visible from within the host.
    pub(crate) directory: Option<PathBuf>,
}

impl LeaseTerms {
    /// Returns the path of the file with the current end, the same within the host.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.directory.as_ref().map(|directory| directory.join(InstanceLayout::LEASE))
    }
}

/// A lease under observation, by the wall clock: it ends at the agreed time even on a machine that was asleep
/// meanwhile.
#[derive(Debug)]
pub(super) struct LeaseClock {
    ends: Timestamp,
    /// Kept open, since the path may be hidden from within a host.
    directory: Option<File>,
    look_at: Instant,
}

impl LeaseClock {
    /// Watches the lease in `terms`. Must be called while the directory is still visible. If it is not, the end stays
    /// as configured.
    pub(super) fn watch(terms: &LeaseTerms) -> Self {
        let directory = terms.directory.as_ref().and_then(|path| File::open(path).ok());
        Self { ends: terms.ends, directory, look_at: Instant::now() }
    }

    /// Returns whether the lease has ended.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        if now < self.look_at {
            return false;
        }
        // Taken before the file is read: an end that is written while the former one is still to come always counts.
        let clock = Timestamp::now();
        // If the file cannot be read, the last known end applies: a host that stays for ever is what a lease must
        // prevent.
        if let Some(Ok(ends)) = self.directory.as_ref().map(read_in) {
            self.ends = ends;
        }
        let left = Duration::try_from(self.ends.duration_since(clock)).unwrap_or_default();
        self.look_at = now + left.min(LOOK_PAUSE);
        left.is_zero()
    }

    /// Returns the time of the next check in [`Self::is_over`].
    pub(super) fn next_look(&self) -> Instant {
        self.look_at
    }
}

fn read_in(directory: &File) -> io::Result<Timestamp> {
    parse(File::from(openat(directory, InstanceLayout::LEASE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?))
}

fn parse(file: File) -> io::Result<Timestamp> {
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text)?;
    text.trim_end().parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Reads the end of the lease in `directory`. Returns `None` if there is no lease.
pub(crate) fn read_lease(directory: &Path) -> io::Result<Option<Timestamp>> {
    match File::open(directory.join(InstanceLayout::LEASE)) {
        Ok(file) => parse(file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Changes the end of the lease in `directory`. The file is replaced atomically, so that there is a lease at any time.
pub(crate) fn write_lease(directory: &Path, ends: Timestamp, durability: Durability) -> io::Result<()> {
    let (path, text) = (directory.join(InstanceLayout::LEASE), format!("{ends}\n"));
    match files::write_whole(&path, text.as_bytes(), 0o600, durability) {
        // The block that the old end is in has room for the new one.
        Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            overwrite(&path, text.as_bytes()).map_err(|_| error)
        }
        written => written,
    }
}

/// Writes over what is in a file. Who reads meanwhile may find the end of the old text after the new one, which is no
/// time: what was known before counts then.
fn overwrite(path: &Path, text: &[u8]) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.write_all_at(text, 0)?;
    file.set_len(text.len() as u64)
}

/// Moves the end of the lease in `directory` from `old` to `new`; returns false, and leaves the lease as it was, if the
/// old end passed first: a host that reached it has ended, or is ending.
pub(crate) fn move_lease(directory: &Path, old: Timestamp, new: Timestamp, durability: Durability) -> io::Result<bool> {
    write_lease(directory, new, durability)?;
    if Timestamp::now() < old {
        return Ok(true);
    }
    write_lease(directory, old, durability)?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn in_seconds(seconds: i64) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn it_ends_at_the_last_end_that_could_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("annex");
        std::fs::create_dir(&place).unwrap();
        assert_eq!(read_lease(&place).unwrap(), None);
        let terms = LeaseTerms { ends: in_seconds(-1), directory: Some(place.clone()) };
        write_lease(&place, in_seconds(3600), Durability::Process).unwrap();
        let mut lease = LeaseClock::watch(&terms);
        let later = |lease: &LeaseClock| lease.next_look() + Duration::from_millis(1);
        assert!(!lease.is_over(Instant::now()), "the file counts, not what was known before");
        assert!(lease.next_look() <= Instant::now() + LOOK_PAUSE);

        std::fs::write(place.join(InstanceLayout::LEASE), "nonsense").unwrap();
        assert!(!lease.is_over(later(&lease)));
        std::fs::remove_dir_all(&place).unwrap();
        assert!(!lease.is_over(later(&lease)));
        // The directory was made anew by somebody else, so its content is not this host's lease.
        std::fs::create_dir(&place).unwrap();
        write_lease(&place, in_seconds(-1), Durability::Process).unwrap();
        assert!(!lease.is_over(later(&lease)));

        let mut cut_short = LeaseClock::watch(&LeaseTerms { ends: in_seconds(3600), ..terms.clone() });
        assert!(cut_short.is_over(Instant::now()));
        assert!(LeaseClock::watch(&LeaseTerms { directory: None, ..terms }).is_over(Instant::now()));
    }
    #[test]
    fn an_end_that_has_passed_is_not_moved() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        let (past, soon, later) = (in_seconds(-1), in_seconds(60), in_seconds(3600));
        write_lease(place, past, Durability::Process).unwrap();
        assert!(!move_lease(place, past, later, Durability::Process).unwrap());
        assert_eq!(read_lease(place).unwrap(), Some(past));
        write_lease(place, soon, Durability::Process).unwrap();
        assert!(move_lease(place, soon, later, Durability::Process).unwrap());
        assert_eq!(read_lease(place).unwrap(), Some(later));
    }
}
