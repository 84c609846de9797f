//! The end of a host: all processes are asked to stop, then killed, until none is left.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::os::processes;

/// The grace period between asking the processes of a host to stop and killing them.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(2);

/// The pause between two rounds of killing: processes that fork meanwhile need more than one round.
const KILL_PAUSE: Duration = Duration::from_millis(10);

/// The time that killed processes may take to vanish before the init reports a failure.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// The time within which an init that is told to end must answer. An init that takes longer is broken.
pub(crate) const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2 + 5 + 3);

/// The processes that an init regards as its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KillScope {
    /// All processes that it sees: it is the first process of its namespace.
    Namespace,
    /// Its descendants. Orphans become its children.
    Descendants,
}

/// The end of a host, in progress.
#[derive(Debug)]
pub(super) struct Shutdown {
    reach: KillScope,
    kill_at: Instant,
    give_up_at: Instant,
    /// The reason why the host ends by itself; `None` if it was told to end.
    pub(super) reason: Option<String>,
}

impl Shutdown {
    /// Asks all processes to stop.
    pub(super) fn begin(reach: KillScope, reason: Option<String>) -> Self {
        let kill_at = Instant::now() + STOP_GRACE;
        let ending = Self { reach, kill_at, give_up_at: kill_at + KILL_LIMIT, reason };
        ending.send(Signal::SIGTERM);
        // A stopped process handles the signal only after it continues.
        ending.send(Signal::SIGCONT);
        ending
    }

    /// Kills the processes after the grace period. Returns the survivors once the time limit has passed.
    pub(super) fn tick(&self, now: Instant) -> Option<Vec<String>> {
        if now >= self.kill_at {
            self.send(Signal::SIGKILL);
        }
        (now >= self.give_up_at).then(|| processes::descendants(own()).into_iter().map(processes::describe).collect())
    }

    /// Returns the time at which [`Self::tick`] has something to do next.
    pub(super) fn next_tick(&self, now: Instant) -> Instant {
        self.kill_at.max(now + KILL_PAUSE)
    }

    fn send(&self, signal: Signal) {
        match self.reach {
            KillScope::Namespace => {
                // "Nobody there" is the expected answer.
                debug_assert_eq!(own(), 1);
                if own() == 1 {
                    let _: Result<(), Errno> = kill(Pid::from_raw(-1), signal);
                }
            }
            KillScope::Descendants => {
                for process in processes::descendants(own()) {
                    processes::signal(process, signal);
                }
            }
        }
    }
}

fn own() -> i32 {
    std::process::id().cast_signed()
}
