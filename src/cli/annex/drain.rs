//! `hoist annex drain`

use clap::Args;

use super::annex_arg::AnnexArgument;
use super::drain_options::DrainOptions;
use crate::annex::Annex;
use crate::app::annex::{DrainOutcome, DrainRequest, DrainSelection, drain, still_draining};
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{AnnexChangeDocument, DrainedView, count};

/// Empty instances of an annex and end exactly those: those without jobs first, and of them the youngest, or the ones
/// that are named
///
/// They take no more jobs, and end when they have none; the annex has so many instances fewer then. The same command
/// goes on with what an earlier one began.
///
/// Exit code 3 when some still have jobs after --timeout.
#[derive(Args, Debug)]
pub(in crate::cli) struct Drain {
    #[command(flatten)]
    annex: AnnexArgument,

    /// Exactly this instance (repeatable)
    #[arg(short, long = "instance", value_name = "ID")]
    instances: Vec<String>,

    /// So many, which ones is up to hoist; those that are draining already count
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "instances", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,

    #[command(flatten)]
    drain: DrainOptions,
}

impl Drain {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.annex.name()?;
        let policy = self.drain.policy(context, "nothing was drained")?;
        let selection = match self.count {
            Some(count) => DrainSelection::Count(count),
            None if self.instances.is_empty() => DrainSelection::Begun,
            None => DrainSelection::Instances(self.instances.clone()),
        };
        match block_on(drain(context.operation(), DrainRequest { name, selection, policy }))?? {
            DrainOutcome::Declined => Ok(Exit::Failed),
            DrainOutcome::Drained { record, picked, still } => show(context, &record, &picked, &still),
        }
    }
}

/// Shows the result.
fn show(context: &Context, record: &Annex, picked: &[String], still: &[String]) -> CommandResult {
    let name = &record.id.name;
    if context.wants_json() {
        let outcome = if still.is_empty() { "drained" } else { "draining" };
        let ended = picked.iter().filter(|instance| !still.contains(instance)).map(String::as_str).collect();
        let drained = DrainedView { ended, draining: still };
        context.print_json(&AnnexChangeDocument::new(record, outcome, None).drained(drained))?;
    } else {
        let left = record.spec.as_ref().map_or(0, |spec| spec.count as usize);
        let ended = count(picked.len() - still.len(), "instance");
        context.print(&format!("{ended} of {name} drained and ended; it is to have {left} now\n"))?;
    }
    if still.is_empty() { Ok(Exit::Done) } else { Err(still_draining(name, still)) }
}
