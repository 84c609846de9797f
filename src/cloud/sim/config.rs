//! What a simulated cloud is like: its delays, its limits, and what programs do there.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::delay::Delay;
use crate::plan::ProgramKind;
use crate::provider::{Command, ExitOutcome, Offer};

/// Decides what an execution of a program does; see [`SimConfig::programs`].
pub type ProgramFn = Arc<dyn Fn(&Execution<'_>) -> ProgramBehavior + Send + Sync>;

/// What a simulated cloud is like. The default is about as fast as EC2.
#[derive(Clone)]
pub struct SimConfig {
    /// From which every random number follows.
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
    /// How long a new instance is missing from what the cloud shows.
    pub late_visibility: Duration,
    /// How long a program runs, where [`SimConfig::programs`] does not say.
    pub program: Delay,
    /// How long it takes to copy a file to or from a host.
    pub copy: Delay,
    /// What a service's boot program writes to `bootout.json`, by the service's name, where [`SimConfig::programs`]
    /// does not say.
    pub boot_outputs: BTreeMap<String, BTreeMap<String, String>>,
    /// What each execution of a program does; none means that every program succeeds.
    pub programs: Option<ProgramFn>,
    /// The most instances of one launch call.
    pub max_batch: usize,
    /// How many machines there are in all of an offer; of those that are not named here, as many as are wanted.
    pub capacity: BTreeMap<Offer, usize>,
    /// The first pause between two looks at instances that come up.
    pub poll_first: Duration,
    /// The longest such pause.
    pub poll_longest: Duration,
    /// What the cloud's clock shows when it begins.
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
    /// The service whose host it is.
    pub service: &'a str,
    /// Which of its programs, as far as the command's key tells.
    pub program: Option<ProgramKind>,
    /// The command.
    pub command: &'a Command,
}

/// What an execution of a program does.
#[derive(Clone, Debug)]
pub struct ProgramBehavior {
    /// How long it runs; longer than its time limit means that it is stopped there.
    pub takes: Duration,
    /// How it ends.
    pub outcome: ExitOutcome,
    /// What it prints.
    pub output: String,
    /// What it writes to `bootout.json`; nothing means no such file.
    pub boot_output: BTreeMap<String, String>,
}

impl ProgramBehavior {
    /// Success after this long, without a word.
    pub fn success_after(takes: Duration) -> Self {
        Self { takes, outcome: ExitOutcome::Exit(0), output: String::new(), boot_output: BTreeMap::new() }
    }
}

impl SimConfig {
    /// What this execution does, by the function if there is one, else by the table.
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

/// How long a `sleep` takes, which is what a rehearsal has programs that hang do.
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
