//! `hoist elastic why`

use clap::Args;
use jiff::Timestamp;

use super::fleet_arg::FleetArgument;
use super::past_time::PastTime;
use crate::app::elastic::{WhichPasses, WhyMachine, WhyPasses, why, why_job, why_machine};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{
    FleetPlace, WhyDocument, WhyJobDocument, WhyMachineDocument, job_human, latest_human, machine_human, pass_human,
};
use crate::scaler::FleetName;

/// Tell why a fleet's scaler did something, or nothing: what it saw and decided, the first limit that stood against
/// more, and the command that lifts it
///
/// Without options, the last pass, with what earlier ones alone tell: an engine with clocks of its own looks at what is
/// due. Everything is in the state file; the scaler need not run.
#[derive(Args, Debug)]
pub(in crate::cli) struct Why {
    #[command(flatten)]
    fleet: FleetArgument,

    /// The life of this worker, by id or name: why it was asked for, drained and ended
    #[arg(short, long, value_name = "I", group = "what")]
    machine: Option<String>,

    /// What becomes of this job: the file of its ad, or its id in the queue of HTCondor, such as 12.0
    #[arg(short, long, value_name = "J", group = "what")]
    job: Option<String>,

    /// The pass that held at this time: 10:41, "2026-12-01 10:41", 2026-12-01T10:41:00Z, or 5m for five minutes ago
    #[arg(long, value_name = "TIME", group = "what")]
    at: Option<PastTime>,

    /// The last passes, so many
    #[arg(short = 'n', long, value_name = "N", group = "what", value_parser = clap::value_parser!(u16).range(1..))]
    last: Option<u16>,
}

impl Why {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.fleet.name()?;
        if let Some(machine) = &self.machine {
            return show_machine(context, &name, machine);
        }
        if let Some(job) = &self.job {
            return show_job(context, &name, job);
        }
        let which = match self.at {
            Some(PastTime(at)) => WhichPasses::At(at),
            None => self.last.map_or(WhichPasses::Latest, |number| WhichPasses::Last(number.into())),
        };
        show_passes(context, &name, which)
    }
}

fn show_machine(context: &Context, name: &FleetName, machine: &str) -> CommandResult {
    let WhyMachine { whose, life } = why_machine(context.operation(), name, machine)?;
    if context.wants_json() {
        context.print_json(&WhyMachineDocument::new(name.as_str(), &whose, &life))?;
    } else {
        context.print(&machine_human(&whose, &life, Timestamp::now(), context.style))?;
    }
    Ok(Exit::Done)
}

fn show_job(context: &Context, name: &FleetName, job: &str) -> CommandResult {
    let (standing, answer) = block_on(why_job(context.operation(), name, job))??;
    let place = FleetPlace::of(&standing.record);
    if context.wants_json() {
        context.print_json(&WhyJobDocument::new(&answer, &place))?;
    } else {
        context.print_with_advice(&job_human(&answer, &place, context.style))?;
    }
    Ok(Exit::Done)
}

fn show_passes(context: &Context, name: &FleetName, which: WhichPasses) -> CommandResult {
    let WhyPasses { standing, passes, last_change, warnings } = why(context.operation(), name, which)?;
    let place = FleetPlace::of(&standing.record);
    if context.wants_json() {
        let latest = matches!(which, WhichPasses::Latest).then_some(&standing);
        context.print_json(&WhyDocument::new(&passes, latest, &place, warnings))?;
        return Ok(Exit::Done);
    }
    if passes.is_empty() {
        return Err(CommandError::new(format!("fleet {name} has made no pass yet")).hints(warnings));
    }
    let mut texts: Vec<String> = match which {
        WhichPasses::Latest => latest_human(&standing, &place, Timestamp::now(), context.style).into_iter().collect(),
        _ => passes.iter().map(|pass| pass_human(pass, &place, context.style)).collect(),
    };
    if let Some(change) = last_change {
        texts.push(format!("The last pass that decided something:\n{}", pass_human(&change, &place, context.style)));
    }
    if !warnings.is_empty() {
        let mark = context.style.warn("!");
        texts.push(warnings.iter().map(|warning| format!("{mark} {warning}\n")).collect());
    }
    context.print_with_advice(&texts.join("\n"))?;
    Ok(Exit::Done)
}
