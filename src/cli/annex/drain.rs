//! `hoist annex drain`

use clap::Args;

use super::annex_arg::AnnexArgument;
use super::drain_members::{DrainOptions, DrainPolicy};
use super::observe::observe;
use super::session::{AnnexSession, LockedAnnex, pool_of, run_until_signal};
use crate::annex::{AnnexPhase, AnnexStatus, CannotPick, DrainChoice, pick_to_drain};
use crate::cli::context::Context;
use crate::cli::diagnostics::refuse;
use crate::cli::exit::{CommandError, CommandResult, Exit};
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
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let name = self.annex.name()?;
        let drainage = self.drain.meant();
        refuse(context, &drainage.as_ref().err().cloned().into_iter().collect::<Vec<_>>(), "nothing was drained")?;
        let Ok(drainage) = drainage else { return Ok(Exit::Usage) };
        let desk = AnnexSession::new(context)?;
        let mut held = desk.hold(&desk.require_active(&name)?)?;
        if held.refresh().await?.is_none() {
            return Err(gone(&held));
        }
        let picked = self.pick(&held).await?;
        let begun = |id: &String| held.record.draining.contains(id) || held.record.releasing.contains(id);
        let fresh: Vec<&str> = picked.iter().filter(|id| !begun(id)).map(String::as_str).collect();
        // What an earlier command began was agreed to then.
        if !fresh.is_empty() && !context.confirm(&format!("Drain and end {}?", fresh.join(", ")))? {
            context.tell("nothing was drained");
            return Ok(Exit::Failed);
        }
        context.tell(&format!("draining {}", picked.join(", ")));
        let still = drain(context, drainage, &mut held, &picked).await?;
        conclude(context, &held, &picked, &still)
    }

    /// What is to be drained, with what is draining already.
    async fn pick(&self, held: &LockedAnnex) -> Result<Vec<String>, CommandError> {
        let record = &held.record;
        let mut going: Vec<String> = record.draining.iter().chain(&record.releasing).cloned().collect();
        going.sort();
        going.dedup();
        if self.instances.is_empty() && self.count.is_none() {
            if going.is_empty() {
                let message = format!("nothing of annex {} is draining; what is to be drained?", record.id.name);
                return Err(CommandError::with_exit(Exit::Usage, message)
                    .hint("--instance ID, or --count N for those that have the least to do"));
            }
            return Ok(going);
        }
        let wanted = self.count.map_or(0, |count| count as usize);
        if self.count.is_some() && going.len() >= wanted {
            going.truncate(wanted);
            return Ok(going);
        }
        let pool = pool_of(record);
        let observed = observe(&*held.cloud, record, pool.as_ref()).await?;
        if let Some(error) = observed.pool_error {
            return Err(error.into());
        }
        let mut status = observed.status.ok_or_else(|| gone(held))?;
        match self.count {
            Some(_) => {
                let more = wanted - going.len();
                without(&mut status, &going);
                going.extend(pick_to_drain(&status, &DrainChoice::Count(more)).map_err(cannot)?);
                Ok(going)
            }
            None => {
                let mut picked = Vec::new();
                for instance in self.instances.iter().filter(|instance| !going.contains(instance)) {
                    picked.extend(pick_to_drain(&status, &DrainChoice::Instance(instance.clone())).map_err(cannot)?);
                }
                picked.extend(self.instances.iter().filter(|instance| going.contains(instance)).cloned());
                picked.sort();
                picked.dedup();
                Ok(picked)
            }
        }
    }
}

/// Leaves those out that are to be counted otherwise.
pub(super) fn without(status: &mut AnnexStatus, instances: &[String]) {
    status.rows.retain(|row| !instances.contains(&row.instance.id));
}

/// Drains them, until they have ended or somebody wants to stop.
pub(super) async fn drain(
    context: &Context,
    drainage: DrainPolicy,
    held: &mut LockedAnnex,
    instances: &[String],
) -> Result<Vec<String>, CommandError> {
    let name = held.record.id.name.clone();
    let hints = [format!("hoist annex drain {name} goes on"), format!("hoist annex status {name} looks")];
    let what = "what was told to take no more jobs takes none, and ends with the next command";
    run_until_signal(context, &hints, what, drainage.drain(held, instances)).await
}

/// Says how it went.
fn conclude(context: &Context, held: &LockedAnnex, picked: &[String], still: &[String]) -> CommandResult {
    let name = &held.record.id.name;
    if context.wants_json() {
        let outcome = if still.is_empty() { "drained" } else { "draining" };
        let ended = picked.iter().filter(|instance| !still.contains(instance)).map(String::as_str).collect();
        let drained = DrainedView { ended, draining: still };
        context.print_json(&AnnexChangeDocument::new(&held.record, outcome, None).drained(drained))?;
    } else {
        let left = held.record.spec.as_ref().map_or(0, |spec| spec.count as usize);
        let ended = count(picked.len() - still.len(), "instance");
        context.print(&format!("{ended} of {name} drained and ended; it is to have {left} now\n"))?;
    }
    if still.is_empty() {
        return Ok(Exit::Done);
    }
    Err(still_draining(name, still))
}

/// The error for instances that have jobs yet.
pub(super) fn still_draining(name: &crate::annex::AnnexName, still: &[String]) -> CommandError {
    let message = format!("{} of annex {name} still with jobs: {}", count(still.len(), "instance"), still.join(", "));
    CommandError::with_exit(Exit::Remains, message)
        .hint(format!("hoist annex drain {name} goes on"))
        .hint("--how graceful gives jobs the time that the pool grants, --how fast none")
}

/// The error for an annex that the cloud has nothing of.
pub(super) fn gone(held: &LockedAnnex) -> CommandError {
    let name = &held.record.id.name;
    let why = match held.record.stage {
        AnnexPhase::New => "was never made",
        _ => "is gone: its lease is over, or somebody else deleted it",
    };
    CommandError::new(format!("annex {name} {why}"))
        .hint(format!("hoist annex delete {name} clears what is left of it"))
        .hint(format!("hoist annex create {name} … makes it anew"))
}

/// The error for what cannot be drained.
pub(super) fn cannot(error: CannotPick) -> CommandError {
    CommandError::new(error.to_string())
}
