//! Finding processes that belong to an instance, and ending them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

/// The variable by which every process of an instance is known, whatever became of its parents.
pub(crate) const MARKER: &str = "HOIST_INSTANCE";

/// How long killed processes may take to vanish; one that waits for a dead disk or network mount takes longer.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The pause between two rounds of killing: what was not to be killed now is not to be a moment later.
const KILL_PAUSE: Duration = Duration::from_millis(1);

/// How often processes that were asked to stop are looked at.
const STOP_PAUSE: Duration = Duration::from_millis(10);

/// How the processes of one instance are recognised.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// The value of [`MARKER`] in their environment.
    pub(crate) id: String,
    /// Where the files lie that their output goes to: one that cleared its environment still writes there.
    pub(crate) outputs: Vec<PathBuf>,
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
                .is_ok_and(|target| self.outputs.iter().any(|place| target.starts_with(place)))
        })
    }
}

/// Asks every process that carries `mark`, other than `init`, to stop, and gives them `grace` to do so.
pub(crate) fn ask_marked_to_stop(mark: &Mark, init: i32, grace: Duration) {
    let programs = || marked(mark).into_iter().filter(|&process| process != init).collect::<Vec<_>>();
    for process in programs() {
        if let Some(handle) = Handle::open(process)
            && mark.is_on(process)
        {
            handle.signal(Signal::SIGTERM);
            // A stopped process takes its signal only once it goes on.
            handle.signal(Signal::SIGCONT);
        }
    }
    let give_up = Instant::now() + grace;
    while Instant::now() < give_up && !programs().is_empty() {
        std::thread::sleep(STOP_PAUSE);
    }
}

/// Kills every process that carries `mark`, until none is left.
/// Gives those that are left after [`KILL_LIMIT`], each as `PID (name)`.
pub(crate) fn end_marked(mark: &Mark) -> Result<(), Vec<String>> {
    let give_up = Instant::now() + KILL_LIMIT;
    // A process that forks while the list is read may hide its child from one look, not from two.
    let mut looks_without = 0;
    while looks_without < 2 {
        let found = kill_marked(mark, give_up);
        looks_without = if found.is_empty() { looks_without + 1 } else { 0 };
        if !found.is_empty() {
            if Instant::now() > give_up {
                return Err(found.into_iter().map(describe).collect());
            }
            std::thread::sleep(KILL_PAUSE);
        }
    }
    Ok(())
}

/// Kills every process that carries `mark` at a first look, and waits for their ends; gives what it found.
pub(crate) fn kill_marked(mark: &Mark, give_up: Instant) -> Vec<i32> {
    let found = marked(mark);
    let mut killed = Vec::new();
    for &process in &found {
        // Looked at again with the handle in hand: it cannot become another process from here on.
        if let Some(handle) = Handle::open(process)
            && mark.is_on(process)
        {
            // One that belongs to somebody else will not end soon.
            if handle.signal(Signal::SIGKILL) {
                killed.push(handle);
            }
        }
    }
    // The first process of a namespace is gone only when all others in it are, marked or not; it loses its own mark
    // long before.
    for handle in killed {
        handle.wait_for_end(give_up);
    }
    found
}

/// Every process, other than this one, that carries `mark`.
pub(crate) fn marked(mark: &Mark) -> Vec<i32> {
    let own = std::process::id().cast_signed();
    all().filter(|&process| process != own && mark.is_on(process)).collect()
}

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

    /// Waits until it has ended, but not longer than this.
    pub(crate) fn wait_for_end(&self, give_up: Instant) {
        loop {
            let left = give_up.saturating_duration_since(Instant::now());
            let mut ends = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            if poll(&mut ends, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) != Err(Errno::EINTR) {
                return;
            }
        }
    }
}

/// When a process started, in the kernel's ticks since this machine did; with its number it names it for good.
pub(crate) fn start_time(process: i32) -> Option<u64> {
    stat_field(process, 22)?.parse().ok()
}

/// Whether a process was stopped, and waits to be continued.
pub(crate) fn is_stopped(process: i32) -> bool {
    stat_field(process, 3).is_some_and(|state| state == "T")
}

/// The processes that have this file open, each as `PID (name)`, as far as this user may know.
pub(crate) fn that_have_open(path: &Path) -> Vec<String> {
    let Ok(wanted) = fs::metadata(path) else { return Vec::new() };
    let has_it = |process: &i32| {
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        descriptors.filter_map(|entry| fs::metadata(entry.path()).ok()).any(|open| same_file(&open, &wanted))
    };
    all().filter(has_it).map(describe).collect()
}

fn same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
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
pub(crate) fn signal(target: i32, signal: Signal) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(target), signal) != Err(Errno::ESRCH)
}

fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Path::new(&entry.ok()?.file_name()).to_str()?.parse().ok())
}

fn parent_of(process: i32) -> Option<i32> {
    stat_field(process, 4)?.parse().ok()
}

/// A field of `/proc/PID/stat` after the second one, by the number that proc(5) gives it.
fn stat_field(process: i32, number: usize) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may hold anything; the third field follows the last one.
    let (_, after) = status.rsplit_once(')')?;
    after.split_ascii_whitespace().nth(number.checked_sub(3)?).map(ToOwned::to_owned)
}
