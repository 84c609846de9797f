//! Owners of locks: processes, identified uniquely even if their process ids are reused.

use std::fmt;
use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, User, geteuid, gethostname};

/// A process that may hold a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub(super) user: String,
    pub(super) host: String,
    pub(super) pid: i32,
    /// The start time in clock ticks since boot, if the system provides it.
    pub(super) started: Option<i64>,
    /// The host's boot id and the process namespace, if the system provides them: `pid` is valid there only.
    pub(super) place: Option<String>,
}

impl Owner {
    /// Returns this process.
    pub fn current() -> Self {
        let pid = std::process::id().cast_signed();
        let user = User::from_uid(geteuid()).ok().flatten().map_or_else(|| geteuid().to_string(), |user| user.name);
        let host = gethostname().map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned());
        Self { user, host, pid, started: process(pid).map(|(_, started)| started), place: place() }
    }

    /// Returns the user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the host's boot id, without the process namespace.
    pub(super) fn boot(place: &str) -> &str {
        place.split(' ').next().unwrap_or(place)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

/// Whether that process, and not a later one with its id, is running. Only valid where `pid` is in this process's
/// namespace.
pub(super) fn is_alive(pid: i32, started: Option<i64>) -> bool {
    if pid <= 0 || kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    match (process(pid), started) {
        (Some(('Z' | 'X', _)), _) => false,
        (Some((_, now)), Some(then)) => now == then,
        // Hidden, or a system without /proc: the process exists, and no more is known.
        _ => true,
    }
}

/// Returns the host's uptime, including sleep.
pub(super) fn uptime() -> Option<Duration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Returns a process's state and start time, from `/proc/PID/stat` (proc_pid_stat(5), fields 3 and 22).
fn process(pid: i32) -> Option<(char, i64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may contain any characters, even spaces and parentheses.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

fn place() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.display()))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use nix::sys::wait::{Id, WaitPidFlag, waitid};

    use super::*;

    #[test]
    fn a_process_is_told_from_a_later_one_with_its_number() {
        let me = Owner::current();
        assert!(is_alive(me.pid, me.started));
        assert!(is_alive(me.pid, None));
        assert!(!is_alive(me.pid, me.started.map(|ticks| ticks + 1)));
        assert!(!is_alive(0, None));
        assert!(!is_alive(i32::MAX, None));
    }

    #[test]
    fn a_process_that_nobody_waited_for_is_dead() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = child.id().cast_signed();
        let started = process(pid).map(|(_, started)| started);
        assert!(is_alive(pid, started));
        child.kill().unwrap();
        // Killed and not reaped: waits only until it is a zombie.
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        waitid(Id::Pid(Pid::from_raw(pid)), flags).unwrap();
        assert!(!is_alive(pid, started));
        child.wait().unwrap();
    }
}
