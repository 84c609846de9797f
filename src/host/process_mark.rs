//! The mark that identifies the processes of an instance.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::os::processes::{Handle, all};
use crate::retry::{Limit, Pauses, poll_blocking_until};

/// The environment variable with the mark: it identifies every process of an instance, even after its parents are gone.
pub(crate) const MARK_VARIABLE: &str = "HOIST_INSTANCE";

/// The interval of the checks on processes that were asked to stop.
const STOP_PAUSE: Duration = Duration::from_millis(10);

/// The mark of the processes of one instance.
#[derive(Clone, Debug)]
pub(crate) struct ProcessMark {
    /// The value of [`MARK_VARIABLE`] in their environment.
    pub(crate) id: String,
    /// The directories of their output files: a process that cleared its environment still writes there.
    pub(crate) outputs: Vec<PathBuf>,
}

impl ProcessMark {
    /// Returns whether `process` carries this mark now.
    pub(crate) fn is_on(&self, process: i32) -> bool {
        self.in_environment(process) || self.in_output(process)
    }

    fn in_environment(&self, process: i32) -> bool {
        let Ok(environment) = fs::read(format!("/proc/{process}/environ")) else { return false };
        let wanted = format!("{MARK_VARIABLE}={}", self.id);
        environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
    }

    fn in_output(&self, process: i32) -> bool {
        [1, 2].iter().any(|descriptor| {
            fs::read_link(format!("/proc/{process}/fd/{descriptor}"))
                .is_ok_and(|target| self.outputs.iter().any(|place| target.starts_with(place)))
        })
    }
}

/// Returns whether a process carries the mark of any host.
pub(crate) fn has_mark(process: i32) -> bool {
    let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
    let mut variables = environment.split(|&byte| byte == 0);
    variables.any(|variable| variable.strip_prefix(MARK_VARIABLE.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
}

/// Asks every process that carries `mark`, except for `init`, to stop, and waits up to `grace` for them.
pub(crate) fn ask_marked_to_stop(mark: &ProcessMark, init: i32, grace: Duration) {
    let programs = || marked(mark).into_iter().filter(|&process| process != init).collect::<Vec<_>>();
    for process in programs() {
        if let Some(handle) = Handle::open(process)
            && mark.is_on(process)
        {
            handle.signal(Signal::SIGTERM);
            // A stopped process handles the signal only after it continues.
            handle.signal(Signal::SIGCONT);
        }
    }
    // The caller ends the processes that are left.
    let _ = poll_blocking_until(Pauses::fixed(STOP_PAUSE), Limit::Time(grace), || programs().is_empty().then_some(()));
}

/// Returns every process that carries `mark`, except for this one.
pub(crate) fn marked(mark: &ProcessMark) -> Vec<i32> {
    let own = std::process::id().cast_signed();
    all().filter(|&process| process != own && mark.is_on(process)).collect()
}
