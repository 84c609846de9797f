//! The configuration of a simulated cloud: delays, limits, and the behaviour of programs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::delay::Delay;
use crate::plan::ProgramKind;
use crate::provider::{Command, ExitOutcome, Offer};

/// Determines the behaviour of an execution of a program; see [`SimConfig::programs`].
pub type ProgramFn = Arc<dyn Fn(&Execution<'_>) -> ProgramBehavior + Send + Sync>;

/// The configuration of a simulated cloud. The default is about as fast as EC2.
#[derive(Clone)]
pub struct SimConfig {
    /// The seed of all random numbers.
    pub seed: u64,
    /// How long a launch call takes; the instances exist from the middle of it.
    pub launch: Delay,
    /// How long any other call to the cloud takes.
    pub call: Delay,
    /// From an instance's launch until it runs.
    pub boot: Delay,
    /// From then until its host answers.
    pub reach: Delay,
    /// From a terminate call until the instance is gone.
    pub shutdown: Delay,
    /// How long a new instance is missing from describe calls.
    pub late_visibility: Duration,
    /// How long a program runs, unless [`SimConfig::programs`] is set.
    pub program: Delay,
    /// How long it takes to copy a file to or from a host.
    pub copy: Delay,
    /// The content of a boot program's `bootout.json`, by service name, unless [`SimConfig::programs`] is set.
    pub boot_outputs: BTreeMap<String, BTreeMap<String, String>>,
    /// The behaviour of each execution of a program; with `None`, every program succeeds.
    pub programs: Option<ProgramFn>,
    /// The most instances of one launch call.
    pub max_batch: usize,
    /// The total capacity of each offer; unlimited for unlisted offers.
    pub capacity: BTreeMap<Offer, usize>,
    /// The first pause between two describe calls for starting instances.
    pub poll_first: Duration,
    /// The longest such pause.
    pub poll_longest: Duration,
    /// The time of the cloud's clock at its start.
    pub epoch: Timestamp,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            launch: Delay::fixed(Duration::from_secs(1)),
            call: Delay::fixed(Duration::from_millis(100)),
            boot: Delay::fixed(Duration::from_secs(10)),
            reach: Delay::fixed(Duration::from_secs(10)),
            shutdown: Delay::fixed(Duration::from_secs(10)),
            late_visibility: Duration::ZERO,
            program: Delay::fixed(Duration::from_secs(1)),
            copy: Delay::NONE,
            boot_outputs: BTreeMap::new(),
            programs: None,
            max_batch: 1000,
            capacity: BTreeMap::new(),
            poll_first: Duration::from_millis(500),
            poll_longest: Duration::from_secs(5),
            epoch: Timestamp::now(),
        }
    }
}

/// One execution of a program on a simulated host.
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    /// The service of the host.
    pub service: &'a str,
    /// The service's program, as far as the command's key tells.
    pub program: Option<ProgramKind>,
    /// The command.
    pub command: &'a Command,
}

/// The behaviour of an execution of a program.
#[derive(Clone, Debug)]
pub struct ProgramBehavior {
    /// How long it runs; it is stopped at its time limit.
    pub takes: Duration,
    /// How it ends.
    pub outcome: ExitOutcome,
    /// Its output.
    pub output: String,
    /// The content of its `bootout.json`; if empty, it writes no such file.
    pub boot_output: BTreeMap<String, String>,
}

impl ProgramBehavior {
    /// Returns success after this time, without output.
    pub fn success_after(takes: Duration) -> Self {
        Self { takes, outcome: ExitOutcome::Exit(0), output: String::new(), boot_output: BTreeMap::new() }
    }
}

impl SimConfig {
    /// Returns the behaviour of this execution, by the function if set, or else by the table.
    pub(super) fn reaction(&self, execution: &Execution<'_>) -> ProgramBehavior {
        if let Some(decide) = &self.programs {
            return decide(execution);
        }
        let what = format!("{}\0{}", execution.service, execution.command.key);
        let takes = slept(&execution.command.argv).unwrap_or_else(|| self.program.draw(self.seed, "program", &what));
        let mut reaction = ProgramBehavior::success_after(takes);
        if execution.program == Some(ProgramKind::Boot)
            && let Some(output) = self.boot_outputs.get(execution.service)
        {
            reaction.boot_output = output.clone();
        }
        reaction
    }
}

/// Returns how long a `sleep` takes, which rehearsals run as a hanging program.
fn slept(argv: &[String]) -> Option<Duration> {
    match argv {
        [program, seconds] if program == "sleep" => seconds.parse().ok().map(Duration::from_secs),
        _ => None,
    }
}

impl fmt::Debug for SimConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimConfig").field("seed", &self.seed).finish_non_exhaustive()
    }
}
