//! Processes of this machine, as listed in `/proc`, and signals to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Instant;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

/// A handle of a process, which may have ended since. It never refers to another process.
#[derive(Debug)]
pub(crate) struct Handle(OwnedFd);

impl Handle {
    /// Opens the process with this id, if there is one.
    pub(crate) fn open(process: i32) -> Option<Self> {
        // SAFETY: a plain system call; the returned descriptor is owned from here on.
        unsafe {
            let descriptor = libc::syscall(libc::SYS_pidfd_open, process, 0);
            let descriptor = i32::try_from(descriptor).ok().filter(|&descriptor| descriptor >= 0)?;
            Some(Self(OwnedFd::from_raw_fd(descriptor)))
        }
    }

    /// Opens the process with this id if it started at this time (see [`start_time`]).
    pub(crate) fn of(process: i32, started: u64) -> Option<Self> {
        let handle = Self::open(process)?;
        (start_time(process)? == started).then_some(handle)
    }

    /// Sends a signal. Returns whether that may have had an effect.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        let number = signal as libc::c_int;
        // SAFETY: the descriptor is open, and no signal information is passed.
        unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), number, std::ptr::null::<u8>(), 0) == 0
        }
    }

    /// Waits until the process has ended, at most until `give_up`. Returns whether it has ended.
    pub(crate) fn wait_for_end(&self, give_up: Instant) -> bool {
        loop {
            let left = give_up.saturating_duration_since(Instant::now());
            let mut ends = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ends, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
                Err(Errno::EINTR) => {}
                ended => return ended.is_ok_and(|ended| ended > 0),
            }
        }
    }
}

/// Whether this process was started, or has chosen, to ignore a signal.
pub(crate) fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal as u32 - 1) & 1 == 1
}

/// Returns the start time of a process, in clock ticks since boot. With its id, it identifies the process uniquely.
pub(crate) fn start_time(process: i32) -> Option<u64> {
    stat_field(process, 22)?.parse().ok()
}

/// Returns whether a process is stopped, by a signal or by its tracer.
pub(crate) fn is_stopped(process: i32) -> bool {
    stat_field(process, 3).is_some_and(|state| matches!(state.as_str(), "T" | "t"))
}

/// Returns the processes that have this file open, as far as this user can see.
pub(crate) fn that_have_open(path: &Path) -> Vec<i32> {
    let Ok(wanted) = fs::metadata(path) else { return Vec::new() };
    let has_it = |process: &i32| {
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        descriptors.filter_map(|entry| fs::metadata(entry.path()).ok()).any(|open| same_file(&open, &wanted))
    };
    all().filter(has_it).collect()
}

fn same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Returns whether a process has ended, but has not been reaped by its parent.
pub(crate) fn is_zombie(process: i32) -> bool {
    stat_field(process, 3).is_none_or(|state| matches!(state.as_str(), "Z" | "X"))
}

/// Returns all descendants of `ancestor`, in no particular order.
pub(crate) fn descendants(ancestor: i32) -> Vec<i32> {
    descendants_of(&[ancestor])
}

/// Returns all descendants of these processes, in no particular order, including those of `ancestors` that descend from
/// others.
pub(crate) fn descendants_of(ancestors: &[i32]) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for process in all() {
        if let Some(parent) = parent_of(process) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut found = BTreeSet::new();
    let mut pending = ancestors.to_vec();
    while let Some(parent) = pending.pop() {
        for &child in children.get(&parent).into_iter().flatten() {
            if found.insert(child) {
                pending.push(child);
            }
        }
    }
    found.into_iter().collect()
}

/// Returns `PID (name)`, for messages.
pub(crate) fn describe(process: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    format!("{process} ({})", name.trim_end())
}

/// Sends `signal` to a process or, if `target` is negative, to a process group. Returns whether it exists.
pub(crate) fn signal(target: i32, signal: Signal) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(target), signal) != Err(Errno::ESRCH)
}

/// Returns whether the process is a kernel thread (`PF_KTHREAD` in `<linux/sched.h>`).
pub(crate) fn is_kernel_thread(process: i32) -> bool {
    const PF_KTHREAD: u64 = 0x0020_0000;
    stat_field(process, 9).and_then(|flags| flags.parse::<u64>().ok()).is_some_and(|flags| flags & PF_KTHREAD != 0)
}

/// Returns the ids of all processes.
pub(crate) fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Path::new(&entry.ok()?.file_name()).to_str()?.parse().ok())
}

/// Returns the id of a process's parent.
pub(crate) fn parent_of(process: i32) -> Option<i32> {
    stat_field(process, 4)?.parse().ok()
}

/// Returns the session id of a process.
pub(crate) fn session_of(process: i32) -> Option<i32> {
    stat_field(process, 6)?.parse().ok()
}

/// Returns whether a process has a controlling terminal.
pub(crate) fn has_terminal(process: i32) -> bool {
    stat_field(process, 7).is_some_and(|terminal| terminal != "0")
}

/// Returns a field of `/proc/PID/stat` after the second one, by its number in proc(5).
fn stat_field(process: i32, number: usize) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may contain any characters; the third field follows the last parenthesis.
    let (_, after) = status.rsplit_once(')')?;
    after.split_ascii_whitespace().nth(number.checked_sub(3)?).map(ToOwned::to_owned)
}
