//! `hoist annex delete`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::annex_arg::parse_name;
use super::drain::{drain, still_draining};
use super::drain_members::{DrainOptions, DrainPolicy};
use super::failure::failed;
use super::session::{AnnexSession, LockedAnnex, pool_of, run_until_signal};
use crate::annex::{Annex, AnnexName, AnnexPhase};
use crate::cli::completions::annex_names;
use crate::cli::context::Context;
use crate::cli::diagnostics::refuse;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::runtime::block_on;
use crate::provider::InstanceState;
use crate::report::{AnnexDeletionView, AnnexDeletionsDocument, count};

/// End annexes with all that belongs to them, and prove that nothing is left
///
/// Jobs that run there begin anew elsewhere, unless --drain lets them end first. Safe to repeat at any time.
///
/// Exit code 3 when something could not be deleted; it is named.
#[derive(Args, Debug)]
pub(in crate::cli) struct Delete {
    /// The names of the annexes
    #[arg(value_name = "NAME", required = true, add = ArgValueCompleter::new(annex_names))]
    names: Vec<String>,

    /// Let the jobs that run there end first
    #[arg(long)]
    drain: bool,

    #[command(flatten)]
    options: DrainOptions,

    /// Do not wait for a change that is under way, nor for anything that drains
    #[arg(long, conflicts_with = "drain")]
    force: bool,
}

impl Delete {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let names = self.names.iter().map(|name| parse_name(name)).collect::<Result<Vec<_>, _>>()?;
        let drainage = self.options.meant();
        refuse(context, &drainage.as_ref().err().cloned().into_iter().collect::<Vec<_>>(), "nothing was deleted")?;
        let drainage = drainage.ok().filter(|_| self.drain);
        let desk = AnnexSession::new(context)?;
        let mut records = Vec::new();
        for name in &names {
            let record = desk.recorded(name)?;
            if !records.iter().any(|known: &Annex| known.id == record.id) {
                records.push(record);
            }
        }
        let living: Vec<&Annex> = records.iter().filter(|record| record.stage != AnnexPhase::Ended).collect();
        if !living.is_empty() && !context.confirm(&question(&living))? {
            context.tell("nothing was deleted");
            return Ok(Exit::Failed);
        }
        let (mut worst, mut documents) = (Exit::Done, Vec::new());
        for record in &records {
            match self.delete(&desk, record, drainage).await {
                Ok(()) => documents.push(AnnexDeletionView::deleted(&record.id)),
                Err(error) if matches!(error.exit, Exit::Interrupted | Exit::Terminated) => return Err(error),
                // One that cannot be deleted does not keep the others alive.
                Err(error) if records.len() > 1 => {
                    context.say(&format!("{} {}", context.message_style.bad("hoist:"), error.message));
                    error.hints.iter().for_each(|hint| context.say(&format!("  try: {hint}")));
                    documents.push(AnnexDeletionView::failed(&record.id, error.message));
                    worst = error.exit;
                }
                Err(error) => return Err(error),
            }
        }
        if context.wants_json() {
            context.print_json(&AnnexDeletionsDocument::new(documents))?;
        }
        Ok(worst)
    }

    async fn delete(
        &self,
        desk: &AnnexSession<'_>,
        record: &Annex,
        drainage: Option<DrainPolicy>,
    ) -> Result<(), CommandError> {
        let context = desk.context;
        let name = record.id.name.clone();
        if record.stage == AnnexPhase::Ended {
            // Safe to repeat: what is wanted is so.
            if !context.wants_json() {
                context.print(&format!("{name} was gone already\n"))?;
            }
            return Ok(());
        }
        let mut held = desk.hold_to_end(record)?;
        if let Some(drainage) = drainage {
            empty(context, drainage, &mut held).await?;
        }
        let mut record = held.record.clone();
        let deleted = {
            let tools = held.tools();
            let work = tools.work();
            let (record, annex) = (&mut record, &name);
            let hints = [format!("hoist annex delete {name} sees it through")];
            let what = format!("what the cloud has begun of deleting annex {name} goes on by itself");
            run_until_signal(context, &hints, &what, async move {
                work.delete(record, self.force).await.map_err(|error| failed(annex, error))
            })
            .await
        };
        held.record = record;
        deleted?;
        if !context.wants_json() {
            context.print_with_advice(&gone(&name, context))?;
        }
        Ok(())
    }
}

fn gone(name: &AnnexName, context: &Context) -> String {
    format!("{} is {}: nothing is left of it\n", context.style.bold(name), context.style.good("gone"))
}

fn question(records: &[&Annex]) -> String {
    let named: Vec<String> = records
        .iter()
        .map(|record| {
            let size = record.spec.as_ref().map_or(0, |spec| spec.count as usize);
            format!("{} ({})", record.id.name, count(size, "instance"))
        })
        .collect();
    let noun = if records.len() == 1 { "annex" } else { "annexes" };
    format!("Delete {noun} {}?", named.join(", "))
}

/// Drains all instances that are in the pool.
async fn empty(context: &Context, drainage: DrainPolicy, held: &mut LockedAnnex) -> Result<(), CommandError> {
    if pool_of(&held.record).is_none() || held.refresh().await?.is_none() {
        return Ok(());
    }
    let lives = |state: InstanceState| matches!(state, InstanceState::Pending | InstanceState::Running);
    let instances = held.cloud.instances(&held.record.id).await?;
    let instances: Vec<String> =
        instances.into_iter().filter(|instance| lives(instance.state)).map(|instance| instance.id).collect();
    let still = drain(context, drainage, held, &instances).await?;
    if still.is_empty() { Ok(()) } else { Err(still_draining(&held.record.id.name, &still)) }
}
