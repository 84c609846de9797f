//! `hoist elastic simulate`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::engine_option::EngineOption;
use super::machine_option::MachineOption;
use super::set::MOST;
use crate::app::elastic::{Contest, ContestFleet, Contestant, Input, contest};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::elastic::simulate::{ChartExtent, Scenario, simulate, svg};
use crate::plan::parse_duration;
use crate::report::{ComparisonDocument, TraceDocument, comparison_human, trace_human};

/// Show what engines decide, in virtual time
///
/// Nothing is launched and nothing waits: hours pass in milliseconds, and the same file always gives the same result.
///
/// A scenario is a JSON file: a workload, how machines of a cloud behave, scripted faults, and an engine's settings by
/// the names of the program that it comes from (elastiq, EPU's npreserving and queuelen, coalition). With its own
/// engine, every decision is shown. Where it names a fault of the original program (`quirk`), the protections against
/// it are on.
///
/// Given several engines, or a log of jobs, they are compared: how long jobs waited, what machines did, and what that
/// cost. Logs are those of the Parallel Workloads Archive (Standard Workload Format), `condor_history -json`, event
/// logs of HTCondor, what `hoist elastic record` kept of a living pool, or a JSON object a line:
/// `{"at": 0, "run": 600, "count": 10, "cpus": 2, "memory": "4GB"}`.
#[derive(Args, Debug)]
pub(in crate::cli) struct Simulate {
    /// The scenario, or the log of jobs; it may be gzipped
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// An engine: classad, elastiq, and in their own scenarios npreserving, queuelen and coalition; or a yardstick:
    /// oracle (machines without a start) or fixed:N (so many from begin to end, 1 to 100000). Unless given, a
    /// scenario's own; of a log, classad and elastiq
    #[arg(long = "engine", value_name = "ENGINE")]
    engines: Vec<EngineOption>,

    /// Compare with at least so many machines
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=MOST))]
    min: Option<u32>,

    /// Compare with at most so many machines; unless given, the scenario's, or 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST))]
    max: Option<u32>,

    /// Compare with this time without a job after which a machine ends; unless given, that of each engine
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    idle: Option<Duration>,

    /// Compare on machines of this kind, such as name=big,cpus=8,memory=32GB,price=0.2,boot=2m; may be repeated
    #[arg(long = "machine", value_name = "KIND")]
    machines: Vec<MachineOption>,

    /// Draw machines by state over time, a file for each engine, in this directory, which is made
    #[arg(long, value_name = "DIRECTORY", value_hint = clap::ValueHint::DirPath)]
    svg: Option<PathBuf>,
}

impl Simulate {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let input = Input::read(&self.file)?;
        if let Some(scenario) = self.own_scenario(&input) {
            return Self::trace(&scenario?, context);
        }
        self.compare(&input, context)
    }

    /// Returns the scenario whose own engine is asked for, and nothing that only a comparison has.
    fn own_scenario(&self, input: &Input) -> Option<Result<Scenario, CommandError>> {
        let engine = match self.engines.as_slice() {
            [] => None,
            [engine] => Some(engine.name()),
            _ => return None,
        };
        let compares = self.min.is_some() || self.max.is_some() || self.idle.is_some() || self.svg.is_some();
        if compares || !self.machines.is_empty() {
            return None;
        }
        let is_own = |scenario: &Scenario| engine.is_none_or(|engine| engine == scenario.engine);
        // One that cannot be read is told about as a scenario.
        input.scenario().filter(|scenario| scenario.as_ref().map_or(true, is_own))
    }

    fn trace(scenario: &Scenario, context: &Context) -> CommandResult {
        let trace = simulate(scenario);
        if context.wants_json() {
            context.print_json(&TraceDocument::new(&trace))?;
        } else {
            context.print(&trace_human(scenario, &trace, context.style))?;
        }
        Ok(Exit::Done)
    }

    fn compare(&self, input: &Input, context: &Context) -> CommandResult {
        let fleet = ContestFleet {
            min: self.min,
            max: self.max,
            idle: self.idle.map(|idle| i64::try_from(idle.as_secs()).unwrap_or(i64::MAX)),
            kinds: self.machines.iter().map(|MachineOption(kind)| kind.clone()).collect(),
        };
        let contest = contest(input, &self.contestants()?, fleet)?;
        if let Some(directory) = &self.svg {
            draw(&contest, directory)?;
        }
        let Contest { format, left_out, assumptions, reports } = &contest;
        if context.wants_json() {
            context.print_json(&ComparisonDocument::new(*format, left_out, assumptions, reports))?;
        } else {
            context.print(&comparison_human(left_out, assumptions, reports, context.style))?;
        }
        Ok(Exit::Done)
    }

    fn contestants(&self) -> Result<Vec<Contestant>, CommandError> {
        if self.engines.is_empty() {
            return Ok(vec![Contestant::Classad, Contestant::Elastiq]);
        }
        let contestant = |engine: &EngineOption| match engine {
            EngineOption::Contestant(contestant) => Ok(contestant.clone()),
            EngineOption::OfScenarios(name) => {
                let message =
                    format!("{name} decides in its own scenarios alone, and is compared with no other engine");
                let hint =
                    format!("--engine classad --engine elastiq; or a scenario of {name}, without further options");
                Err(CommandError::with_exit(Exit::Usage, message).hint(hint))
            }
        };
        self.engines.iter().map(contestant).collect()
    }
}

/// Draws each report into a file of its own.
fn draw(contest: &Contest, directory: &Path) -> Result<(), CommandError> {
    std::fs::create_dir_all(directory)
        .map_err(|error| CommandError::new(format!("cannot make the directory {}: {error}", directory.display())))?;
    let extent = ChartExtent::of(contest.reports.iter().map(|report| &report.series));
    for report in &contest.reports {
        let file = directory.join(format!("{}.svg", report.engine.replace(':', "-")));
        std::fs::write(&file, svg(&report.engine, &report.series, extent))
            .map_err(|error| CommandError::new(format!("cannot write {}: {error}", file.display())))?;
    }
    Ok(())
}
