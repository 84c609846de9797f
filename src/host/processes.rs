//! Finding processes that belong to an instance, and ending them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// The variable by which every process of an instance is known, whatever became of its parents.
pub(crate) const MARKER: &str = "HOIST_INSTANCE";

/// How long killed processes may take to vanish; one that waits for a dead disk or network mount takes longer.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// How long one killed process is waited for before the next look at all of them.
const KILL_ROUND: Duration = Duration::from_millis(200);

/// How the processes of one instance are recognised.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// The value of [`MARKER`] in their environment.
    pub(crate) id: String,
    /// Where the files lie that their output goes to: one that cleared its environment still writes there.
    pub(crate) outputs: PathBuf,
}

impl Mark {
    /// Whether `process` carries this mark, now.
    pub(crate) fn is_on(&self, process: i32) -> bool {
        self.in_environment(process) || self.in_output(process)
    }

    fn in_environment(&self, process: i32) -> bool {
        let Ok(environment) = fs::read(format!("/proc/{process}/environ")) else { return false };
        let wanted = format!("{MARKER}={}", self.id);
        environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
    }

    fn in_output(&self, process: i32) -> bool {
        [1, 2].iter().any(|descriptor| {
            fs::read_link(format!("/proc/{process}/fd/{descriptor}"))
                .is_ok_and(|target| target.starts_with(&self.outputs))
        })
    }
}

/// Kills every process that carries one of `marks`, until none is left.
/// Gives those that are left after [`KILL_LIMIT`], each as `PID (name)`.
pub(crate) fn end_marked(marks: &[Mark]) -> Result<(), Vec<String>> {
    let give_up = Instant::now() + KILL_LIMIT;
    let mut empty_passes = 0;
    loop {
        let found = marked(marks);
        if found.is_empty() {
            // A process that forks while the list is read may hide its child from one pass, not from two.
            empty_passes += 1;
            if empty_passes == 2 {
                return Ok(());
            }
            continue;
        }
        empty_passes = 0;
        if Instant::now() > give_up {
            return Err(found.into_iter().map(describe).collect());
        }
        let killed: Vec<OwnedFd> = found
            .into_iter()
            .filter_map(|process| kill_if(process, |process| marks.iter().any(|mark| mark.is_on(process))))
            .collect();
        // The first process of a namespace is gone only when all others in it are, marked or not.
        for handle in killed {
            wait_for_end(&handle, give_up.saturating_duration_since(Instant::now()));
        }
    }
}

/// Every process, other than this one, that carries one of `marks`.
pub(crate) fn marked(marks: &[Mark]) -> Vec<i32> {
    let own = std::process::id().cast_signed();
    all().filter(|&process| process != own && marks.iter().any(|mark| mark.is_on(process))).collect()
}

/// Kills `process` if `condition` holds for it; the handle is for waiting. It cannot become another process in between.
fn kill_if(process: i32, condition: impl Fn(i32) -> bool) -> Option<OwnedFd> {
    // SAFETY: a plain system call; the descriptor that it gives is owned from here on.
    let handle = unsafe {
        let descriptor = libc::syscall(libc::SYS_pidfd_open, process, 0);
        OwnedFd::from_raw_fd(i32::try_from(descriptor).ok().filter(|&descriptor| descriptor >= 0)?)
    };
    if !condition(process) {
        return None;
    }
    // SAFETY: the descriptor is open and no signal information is passed. A failure shows in the next look.
    unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, handle.as_raw_fd(), libc::SIGKILL, std::ptr::null::<u8>(), 0);
    }
    Some(handle)
}

fn wait_for_end(handle: &OwnedFd, limit: Duration) {
    let limit = limit.min(KILL_ROUND);
    let mut ends = [PollFd::new(handle.as_fd(), PollFlags::POLLIN)];
    // Whether it ended is what the next look tells.
    let _ = poll(&mut ends, PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX));
}

/// All descendants of `ancestor`, in no order.
pub(crate) fn descendants(ancestor: i32) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for process in all() {
        if let Some(parent) = parent_of(process) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut found = BTreeSet::new();
    let mut pending = vec![ancestor];
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
pub(crate) fn signal(target: i32, signal: nix::sys::signal::Signal) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(target), signal) != Err(Errno::ESRCH)
}

fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Path::new(&entry.ok()?.file_name()).to_str()?.parse().ok())
}

fn parent_of(process: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may hold anything; state and parent follow the last one.
    let (_, after) = status.rsplit_once(')')?;
    after.split_ascii_whitespace().nth(1)?.parse().ok()
}
