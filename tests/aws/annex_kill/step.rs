//! The calls of a command, and a kill at one of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::annex_cli::lab::Lab;
use hoist_test_support::aws::{Effect, Moment};

/// A call at which a command is killed: it has been sent, and its answer is never heard.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    action: String,
    /// How many calls of this action the command made before.
    before: usize,
    /// Whether the call is lost with the command, and takes no effect.
    lost: bool,
}

/// The steps of a command, which is carried out for that: each call, and those that change something also lost.
pub(crate) fn steps(lab: &Lab, words: &str) -> Vec<Step> {
    let earlier = lab.cloud().calls().len();
    lab.hoist(words).exit(0);
    let calls: Vec<String> = lab.cloud().calls().drain(earlier..).map(|call| call.action).collect();
    let mut steps = Vec::new();
    for (place, action) in calls.iter().enumerate() {
        let before = calls[..place].iter().filter(|other| *other == action).count();
        let reads = ["Describe", "Get", "List", "Head"].iter().any(|word| action.starts_with(word));
        let kinds: &[bool] = if reads { &[false] } else { &[false, true] };
        steps.extend(kinds.iter().map(|&lost| Step { action: action.clone(), before, lost }));
    }
    steps
}

/// Runs a command that is killed at this step; false when it ended before.
pub(crate) fn killed_at(lab: &Lab, words: &str, step: &Step) -> bool {
    let cloud = lab.cloud();
    if step.lost {
        let skip = cloud.count(&step.action) + step.before;
        cloud.change(|faults| *faults = faults.clone().script(&step.action, skip, 1, Effect::LostBefore));
    }
    let (tell, told) = channel::<i32>();
    let told = Mutex::new(told);
    let (seen, wanted) = (AtomicUsize::new(0), step.clone());
    cloud.watch(move |call, moment| {
        let counts = moment == Moment::Come && call.action == wanted.action;
        if counts && seen.fetch_add(1, Ordering::Relaxed) == wanted.before {
            let process = told.lock().unwrap().recv().expect("the command was started");
            // It has not ended: it waits for this call.
            kill(Pid::from_raw(process), Signal::SIGKILL).unwrap();
        }
    });
    let hoist = lab.command(words).spawn();
    tell.send(hoist.id().cast_signed()).unwrap();
    let ran = hoist.wait();
    cloud.watch(|_, _| {});
    ran.signal == Some(9)
}

impl Step {
    /// Whether it is the call that makes the stack.
    pub(crate) fn makes_the_stack(&self) -> bool {
        self.action == "CreateStack"
    }
}
