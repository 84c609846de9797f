//! `hoist worker stop`

use std::time::Duration;

use clap::{ArgGroup, Args};
use clap_complete::engine::ArgValueCompleter;

use crate::app::worker::{Stop as Stopped, StopWorkers, Which, stop};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::completions::fleet_names;
use crate::cli::context::Context;
use crate::cli::elastic::parse_name;
use crate::cli::runtime::block_on;
use crate::plan::parse_duration;
use crate::report::{StopDocument, count, some_of};
use crate::scaler::WorkerPhase;

/// Stop workers, and prove that they are gone
///
/// You are told what will end, and asked. Workers accept no more work, and end when they have no job; with --now they
/// end at once, and their jobs go back to the server. A running scaler does the work; without one, this command does.
/// After Ctrl-C the same command goes on.
///
/// Exit code 3 when workers are not proved gone; the message names them.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("which").required(true).args(["workers", "idle", "all"])))]
pub(in crate::cli) struct Stop {
    /// These workers, by name or id
    #[arg(value_name = "WORKER")]
    workers: Vec<String>,

    /// The workers that the server tells to have no job
    #[arg(long)]
    idle: bool,

    /// All workers of a fleet
    #[arg(long)]
    all: bool,

    /// The fleet, where several have workers
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(fleet_names))]
    fleet: Option<String>,

    /// End them at once, with the jobs that run on them
    #[arg(long)]
    now: bool,

    /// How long the cloud may take to show that they are gone
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "10m")]
    wait: Duration,
}

impl Stop {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let fleet = self.fleet.as_deref().map(parse_name).transpose()?;
        let which = match (self.idle, self.all) {
            (true, _) => Which::Idle,
            (_, true) => Which::All,
            _ => Which::Named(&self.workers),
        };
        let request = StopWorkers { which, fleet: fleet.as_ref(), now: self.now, patience: self.wait };
        let stopped = block_on(stop(context.operation(), &request))??;
        let (outcome, workers, exit) = match &stopped {
            Stopped::Nothing => ("nothing", &[][..], Exit::Done),
            Stopped::Declined => ("declined", &[][..], Exit::Failed),
            Stopped::Ordered(workers) => match workers.iter().all(|(_, worker)| worker.phase == WorkerPhase::Gone) {
                true => ("stopped", &workers[..], Exit::Done),
                false => ("remains", &workers[..], Exit::Remains),
            },
        };
        if context.wants_json() {
            context.print_json(&StopDocument::new(outcome, workers))?;
        }
        let left = workers.iter().filter(|(_, worker)| worker.phase != WorkerPhase::Gone);
        let left: Vec<&str> = left.map(|(_, worker)| worker.name.as_str()).collect();
        match outcome {
            "nothing" => context.tell("there is no such worker"),
            "declined" => context.tell("the workers go on"),
            "stopped" => context.tell(&format!("{} proved gone", count(workers.len(), "worker"))),
            _ => {
                let names = left.join(" ");
                context
                    .warn(&format!("not proved gone: {}; `hoist worker stop --now {names}` goes on", some_of(&left)));
            }
        }
        Ok(exit)
    }
}
