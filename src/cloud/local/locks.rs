//! Locks of a local cloud: on bytes of one file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file_error::failed;
use crate::host::UnresponsiveInit;
use crate::os::{FileLock, digest_hex, that_have_open};
use crate::provider::{CloudError, CloudErrorKind};
use crate::retry::{Pauses, poll_blocking};

/// The scope of a lock.
#[derive(Clone, Copy, Debug)]
pub(super) enum LockScope<'a> {
    /// Changing the ledger.
    Ledger,
    /// The reservation in the file of this name, and launching for it.
    Reservation(&'a str),
    /// Starting or ending an instance.
    Instance(&'a str),
    /// All annexes of this name.
    Annex(&'a str),
}

/// The file's name.
const LOCKS: &str = "locks";

/// How long another process may hold a lock: a launch of a thousand instances takes minutes on a busy machine.
const LOCK_LIMIT: Duration = Duration::from_secs(600);

/// How long to wait for a lock before the first check of its holder, and between checks.
const HOLDER_PAUSE: Duration = Duration::from_secs(2);

/// The first and the longest pause between two attempts to take a lock.
const FIRST_LOCK_PAUSE: Duration = Duration::from_millis(1);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The file whose bytes are locked.
pub(super) struct LockFile(PathBuf);

impl LockFile {
    /// Returns the lock file of the cloud in this directory.
    pub(super) fn of(directory: &Path) -> Self {
        Self(directory.join(LOCKS))
    }

    /// Fails if another kind of file is in its place.
    pub(super) fn check(&self) -> Result<(), CloudError> {
        if fs::symlink_metadata(&self.0).is_ok_and(|found| !found.is_file()) {
            let error = io::Error::new(io::ErrorKind::InvalidData, "it is no regular file");
            return Err(failed("use", &self.0, &error));
        }
        Ok(())
    }

    /// Waits for the lock; fails if its holder will not release it. `make` creates the directory if it is missing.
    pub(super) fn lock(
        &self,
        scope: LockScope<'_>,
        make: impl Fn() -> Result<(), CloudError>,
    ) -> Result<FileLock, CloudError> {
        let began = Instant::now();
        let mut look_at = began + HOLDER_PAUSE;
        let mut take = || {
            let taken = self.try_lock(scope, &make)?;
            if taken.is_none() && Instant::now() > look_at {
                self.check_holders(began.elapsed())?;
                look_at = Instant::now() + HOLDER_PAUSE;
            }
            Ok(taken)
        };
        poll_blocking(Pauses::growing(FIRST_LOCK_PAUSE, LOCK_PAUSE), || take().transpose())
    }

    /// Fails if a process that may hold a lock is stopped, or has held it for too long.
    fn check_holders(&self, waited: Duration) -> Result<(), CloudError> {
        let own = std::process::id().cast_signed();
        let holders: Vec<i32> = that_have_open(&self.0).into_iter().filter(|&process| process != own).collect();
        let wrong = |what: String, hint: String| {
            Err(CloudError::new(CloudErrorKind::Rejected, format!("cannot lock {}: {what}", self.0.display()))
                .hint(hint))
        };
        if let Some((process, stopped)) = holders.iter().find_map(|&it| Some((it, UnresponsiveInit::of_stopped(it)?))) {
            let hint = format!("{}, kill -KILL {process} ends it; then repeat the command", stopped.hint());
            return wrong(format!("process {process}, which is at work here, is stopped"), hint);
        }
        if waited < LOCK_LIMIT {
            return Ok(());
        }
        let who = holders.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
        let what = format!("somebody else (process {who}) has held it for {} s", waited.as_secs());
        wrong(what, "wait for its end, or end it, and repeat the command".to_owned())
    }

    /// Takes the lock, unless another process holds it.
    pub(super) fn try_lock(
        &self,
        scope: LockScope<'_>,
        make: impl FnOnce() -> Result<(), CloudError>,
    ) -> Result<Option<FileLock>, CloudError> {
        let take = || FileLock::try_range(&self.0, scope.offset(), 1);
        let taken = match take() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make()?;
                take()
            }
            taken => taken,
        };
        taken.map_err(|error| failed("lock", &self.0, &error))
    }
}

impl LockScope<'_> {
    /// Returns its byte in the lock file. Two names with the same byte only wait for each other needlessly.
    fn offset(self) -> i64 {
        let number = |name: &str| i64::from_str_radix(&digest_hex(&[name.as_bytes()], 10), 16).unwrap_or_default();
        // Each kind has its own range: one may be held while another is waited for.
        match self {
            Self::Ledger => 0,
            Self::Reservation(file) => (1 << 48) + number(file),
            Self::Instance(id) => (2 << 48) + number(id),
            Self::Annex(name) => (3 << 48) + number(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::local::state_dir::StateDir;

    #[test]
    fn a_lock_is_not_waited_for_behind_a_process_that_is_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let root = StateDir::open(directory.path()).unwrap();
        let _held = root.lock(LockScope::Reservation("a")).unwrap();
        // It has the file open, like every user of this cloud.
        let mut script = std::process::Command::new("sh");
        script.args(["-c", "exec 9<>\"$1\" && kill -STOP $$", "sh"]).arg(directory.path().join(LOCKS));
        let mut stopped = script.spawn().unwrap();
        let refused = root.lock(LockScope::Reservation("a"));
        stopped.kill().unwrap();
        stopped.wait().unwrap();
        let refused = refused.unwrap_err();
        let process = stopped.id();
        assert!(
            refused.message.contains(&format!("process {process}, which is at work here, is stopped")),
            "{refused}"
        );
        assert!(refused.hint.unwrap().contains(&format!("kill -CONT {process}")));
    }

    #[test]
    fn locks_of_different_things_do_not_meet() {
        let directory = tempfile::tempdir().unwrap();
        let root = StateDir::open(directory.path()).unwrap();
        let held = root.lock(LockScope::Reservation("a")).unwrap();
        assert!(root.try_lock(LockScope::Reservation("a")).unwrap().is_none());
        assert!(root.try_lock(LockScope::Instance("a")).unwrap().is_some());
        assert!(root.try_lock(LockScope::Ledger).unwrap().is_some());
        drop(held);
        assert!(root.try_lock(LockScope::Reservation("a")).unwrap().is_some());
    }
}
