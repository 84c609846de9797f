//! The end of a host: every process asked to stop, then made to, until none is left.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::os::processes;

/// How long the processes of a host may take to stop when they are asked to, before they are made to.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(2);

/// The pause between two rounds of making processes stop: those that fork meanwhile need more than one.
const KILL_PAUSE: Duration = Duration::from_millis(10);

/// How long killed processes may take to vanish before the init says that it failed.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// How long an init that is told to end may take to answer; one that takes longer does not work.
pub(crate) const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2 + 5 + 3);

/// Whom an init may take for its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KillScope {
    /// Every process that it sees: it is the first one of its namespace.
    Namespace,
    /// Its descendants; what loses its parent becomes its child.
    Descendants,
}

/// The end of a host, under way.
#[derive(Debug)]
pub(super) struct Shutdown {
    reach: KillScope,
    kill_at: Instant,
    give_up_at: Instant,
    /// Why the host ends by itself, if it was not told to.
    pub(super) reason: Option<String>,
}

impl Shutdown {
    /// Asks every process to stop.
    pub(super) fn begin(reach: KillScope, reason: Option<String>) -> Self {
        let kill_at = Instant::now() + STOP_GRACE;
        let ending = Self { reach, kill_at, give_up_at: kill_at + KILL_LIMIT, reason };
        ending.send(Signal::SIGTERM);
        // A stopped process takes its signal only once it goes on.
        ending.send(Signal::SIGCONT);
        ending
    }

    /// Makes processes stop once they had their time; gives those that do not even then, when it is time to give up.
    pub(super) fn tick(&self, now: Instant) -> Option<Vec<String>> {
        if now >= self.kill_at {
            self.send(Signal::SIGKILL);
        }
        (now >= self.give_up_at).then(|| processes::descendants(own()).into_iter().map(processes::describe).collect())
    }

    /// When [`Self::tick`] has something to do next.
    pub(super) fn next_tick(&self, now: Instant) -> Instant {
        self.kill_at.max(now + KILL_PAUSE)
    }

    fn send(&self, signal: Signal) {
        match self.reach {
            KillScope::Namespace => {
                // "Nobody there" is what this wants to hear.
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
