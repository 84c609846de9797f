//! Processes of this machine, as `/proc` shows them, and signals to them.

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

/// A process that may have ended since, and is never taken for another one.
#[derive(Debug)]
pub(crate) struct Handle(OwnedFd);

impl Handle {
    /// The process of this number, if there is one.
    pub(crate) fn open(process: i32) -> Option<Self> {
        // SAFETY: a plain system call; the descriptor that it gives is owned from here on.
        unsafe {
            let descriptor = libc::syscall(libc::SYS_pidfd_open, process, 0);
            let descriptor = i32::try_from(descriptor).ok().filter(|&descriptor| descriptor >= 0)?;
            Some(Self(OwnedFd::from_raw_fd(descriptor)))
        }
    }

    /// The process of this number, if it is the one that started at this time (see [`start_time`]).
    pub(crate) fn of(process: i32, started: u64) -> Option<Self> {
        let handle = Self::open(process)?;
        (start_time(process)? == started).then_some(handle)
    }

    /// Sends a signal; whether that may have been of use.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        let number = signal as libc::c_int;
        // SAFETY: the descriptor is open and no signal information is passed.
        unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), number, std::ptr::null::<u8>(), 0) == 0
        }
    }

    /// Waits until it has ended, but not longer than this; whether it has.
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

/// When a process started, in the kernel's ticks since this machine did; with its number it names it for good.
pub(crate) fn start_time(process: i32) -> Option<u64> {
    stat_field(process, 22)?.parse().ok()
}

/// Whether a process was stopped, by a signal or by who traces it, and waits to be continued.
pub(crate) fn is_stopped(process: i32) -> bool {
    stat_field(process, 3).is_some_and(|state| matches!(state.as_str(), "T" | "t"))
}

/// The processes that have this file open, as far as this user may know.
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

/// Whether a process has ended, and only its parent has not taken note.
pub(crate) fn is_zombie(process: i32) -> bool {
    stat_field(process, 3).is_none_or(|state| matches!(state.as_str(), "Z" | "X"))
}

/// All descendants of `ancestor`, in no order.
pub(crate) fn descendants(ancestor: i32) -> Vec<i32> {
    descendants_of(&[ancestor])
}

/// All descendants of these processes, in no order; one that descends from another of them is among them.
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

/// `PID (name)`, for messages.
pub(crate) fn describe(process: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    format!("{process} ({})", name.trim_end())
}

/// Sends `signal` to a process or, with a negative number, to a process group; whether it exists.
pub(crate) fn signal(target: i32, signal: Signal) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(target), signal) != Err(Errno::ESRCH)
}

/// Whether it is one of the kernel's own threads (`PF_KTHREAD` of `<linux/sched.h>`), which nobody started.
pub(crate) fn is_kernel_thread(process: i32) -> bool {
    const PF_KTHREAD: u64 = 0x0020_0000;
    stat_field(process, 9).and_then(|flags| flags.parse::<u64>().ok()).is_some_and(|flags| flags & PF_KTHREAD != 0)
}

/// The numbers of all processes.
pub(crate) fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Path::new(&entry.ok()?.file_name()).to_str()?.parse().ok())
}

/// The number of a process's parent.
pub(crate) fn parent_of(process: i32) -> Option<i32> {
    stat_field(process, 4)?.parse().ok()
}

/// The session of a process.
pub(crate) fn session_of(process: i32) -> Option<i32> {
    stat_field(process, 6)?.parse().ok()
}

/// Whether a process has a terminal that controls it.
pub(crate) fn has_terminal(process: i32) -> bool {
    stat_field(process, 7).is_some_and(|terminal| terminal != "0")
}

/// A field of `/proc/PID/stat` after the second one, by the number that proc(5) gives it.
fn stat_field(process: i32, number: usize) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may hold anything; the third field follows the last one.
    let (_, after) = status.rsplit_once(')')?;
    after.split_ascii_whitespace().nth(number.checked_sub(3)?).map(ToOwned::to_owned)
}
