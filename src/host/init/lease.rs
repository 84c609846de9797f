//! The lease of a host: until when it may stay, which may change while it runs.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use serde::{Deserialize, Serialize};

use crate::host::protocol::InstanceLayout;
use crate::os::{Durability, files};

/// How often a lease is looked at: often enough that one that was cut short, and a clock that was set, are noticed
/// soon, and seldom enough that a thousand hosts together take no hundredth of a processor for it.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// The longest that a lease in a file is, in bytes: a moment in RFC 3339 has fewer.
const LONGEST: u64 = 64;

/// What an init is told of its lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeaseTerms {
    /// When it ends, unless that changes.
    pub(crate) ends: Timestamp,
    /// The directory with [`InstanceLayout::LEASE`], the file that says when it ends from now on; and with whatever
    /// else the host may need: it can be seen from within.
    pub(crate) directory: Option<PathBuf>,
}

/// A lease that is watched, by the wall clock: it ends at the moment that was agreed, also on a machine that slept
/// meanwhile.
#[derive(Debug)]
pub(super) struct LeaseClock {
    ends: Timestamp,
    /// Open, since the place may be hidden from within a host.
    directory: Option<File>,
    look_at: Instant,
}

impl LeaseClock {
    /// Watches what `terms` say. Must be called where the directory can still be seen; where it cannot, the end stays
    /// as it is.
    pub(super) fn watch(terms: &LeaseTerms) -> Self {
        let directory = terms.directory.as_ref().and_then(|path| File::open(path).ok());
        Self { ends: terms.ends, directory, look_at: Instant::now() }
    }

    /// Whether it is over.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        if now < self.look_at {
            return false;
        }
        // What cannot be read now leaves the last that was known: to stay for ever is what a lease is there to prevent.
        if let Some(Ok(ends)) = self.directory.as_ref().map(read_in) {
            self.ends = ends;
        }
        let left = Duration::try_from(self.ends.duration_since(Timestamp::now())).unwrap_or_default();
        self.look_at = now + left.min(LOOK_PAUSE);
        left.is_zero()
    }

    /// When [`Self::is_over`] looks next.
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

/// When the lease in `directory` ends; `None` when there is none.
pub(crate) fn read_lease(directory: &Path) -> io::Result<Option<Timestamp>> {
    match File::open(directory.join(InstanceLayout::LEASE)) {
        Ok(file) => parse(file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets the lease in `directory` end at another moment. There is no moment without one: the file is replaced as a
/// whole.
pub(crate) fn write_lease(directory: &Path, ends: Timestamp) -> io::Result<()> {
    files::write_whole(&directory.join(InstanceLayout::LEASE), format!("{ends}\n").as_bytes(), 0o600, Durability::Power)
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
        write_lease(&place, in_seconds(3600)).unwrap();
        let mut lease = LeaseClock::watch(&terms);
        let later = |lease: &LeaseClock| lease.next_look() + Duration::from_millis(1);
        assert!(!lease.is_over(Instant::now()), "the file counts, not what was known before");
        assert!(lease.next_look() <= Instant::now() + LOOK_PAUSE);

        std::fs::write(place.join(InstanceLayout::LEASE), "nonsense").unwrap();
        assert!(!lease.is_over(later(&lease)));
        std::fs::remove_dir_all(&place).unwrap();
        assert!(!lease.is_over(later(&lease)));
        // The place was made anew, by somebody else: that is no lease of this host's.
        std::fs::create_dir(&place).unwrap();
        write_lease(&place, in_seconds(-1)).unwrap();
        assert!(!lease.is_over(later(&lease)));

        let mut cut_short = LeaseClock::watch(&LeaseTerms { ends: in_seconds(3600), ..terms.clone() });
        assert!(cut_short.is_over(Instant::now()));
        assert!(LeaseClock::watch(&LeaseTerms { directory: None, ..terms }).is_over(Instant::now()));
    }
}
