//! Who holds a lock: a process, told apart from any other that ever had its number.

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
    /// In clock ticks since the host's start, where the system tells.
    pub(super) started: Option<i64>,
    /// The host's boot and the process namespace, where the system tells: only there does `pid` mean anything.
    pub(super) place: Option<String>,
}

impl Owner {
    /// This process.
    pub fn current() -> Self {
        let pid = std::process::id().cast_signed();
        let user = User::from_uid(geteuid()).ok().flatten().map_or_else(|| geteuid().to_string(), |user| user.name);
        let host = gethostname().map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned());
        Self { user, host, pid, started: process(pid).map(|(_, started)| started), place: place() }
    }

    /// The user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The host's boot, without the process namespace.
    pub(super) fn boot(place: &str) -> &str {
        place.split(' ').next().unwrap_or(place)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

/// Whether that process, and no later one with its number, still runs. Only right where `pid` means the same as to us.
pub(super) fn is_alive(pid: i32, started: Option<i64>) -> bool {
    if pid <= 0 || kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    match (process(pid), started) {
        (Some(('Z' | 'X', _)), _) => false,
        (Some((_, now)), Some(then)) => now == then,
        // Hidden from us, or a system without /proc: it exists, and no more can be said.
        _ => true,
    }
}

/// How long the host is up, also while it slept.
pub(super) fn uptime() -> Option<Duration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A process's state and start, from `/proc/PID/stat` (proc_pid_stat(5), fields 3 and 22).
fn process(pid: i32) -> Option<(char, i64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, spaces and parentheses too.
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
        // Killed and not yet waited for: waits only until the kernel says that it is a zombie.
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        waitid(Id::Pid(Pid::from_raw(pid)), flags).unwrap();
        assert!(!is_alive(pid, started));
        child.wait().unwrap();
    }
}
