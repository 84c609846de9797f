//! The mark by which the processes of an instance are known.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::os::processes::{Handle, all};
use crate::retry::{Limit, Pauses, poll_blocking_until};

/// The variable by which every process of an instance is known, whatever became of its parents.
pub(crate) const MARKER: &str = "HOIST_INSTANCE";

/// How often processes that were asked to stop are looked at.
const STOP_PAUSE: Duration = Duration::from_millis(10);

/// How the processes of one instance are recognised.
#[derive(Clone, Debug)]
pub(crate) struct ProcessTag {
    /// The value of [`MARKER`] in their environment.
    pub(crate) id: String,
    /// Where the files lie that their output goes to: one that cleared its environment still writes there.
    pub(crate) outputs: Vec<PathBuf>,
}

impl ProcessTag {
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

/// Whether a process carries the mark of any host.
pub(crate) fn has_mark(process: i32) -> bool {
    let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
    let mut variables = environment.split(|&byte| byte == 0);
    variables.any(|variable| variable.strip_prefix(MARKER.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
}

/// Asks every process that carries `mark`, other than `init`, to stop, and gives them `grace` to do so.
pub(crate) fn ask_marked_to_stop(mark: &ProcessTag, init: i32, grace: Duration) {
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
    // Those that are left then are their caller's to end.
    let _ = poll_blocking_until(Pauses::fixed(STOP_PAUSE), Limit::Time(grace), || programs().is_empty().then_some(()));
}

/// Every process, other than this one, that carries `mark`.
pub(crate) fn marked(mark: &ProcessTag) -> Vec<i32> {
    let own = std::process::id().cast_signed();
    all().filter(|&process| process != own && mark.is_on(process)).collect()
}
