//! `hoist annex list`

use clap::Args;
use jiff::Timestamp;

use super::schedd_option::ScheddOption;
use crate::app::annex::jobs_of_all;
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::batch::htcondor::Schedd;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{AnnexListed, AnnexesDocument, AnnexesJobsDocument, annexes_human, annexes_jobs_human};

/// List annexes as they are recorded, newest first; `hoist annex status` asks the cloud and the pool
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Also list annexes that have ended
    #[arg(short, long)]
    all: bool,

    /// List the jobs in the queue that are bound to annexes, those that have ended included
    #[arg(long, conflicts_with = "all")]
    jobs: bool,

    #[command(flatten)]
    queue: ScheddOption,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if self.jobs {
            return list_jobs(context, self.queue.schedd.as_ref());
        }
        if self.queue.schedd.is_some() {
            return Err(CommandError::with_exit(Exit::Usage, "--schedd names the queue of --jobs, which is not given"));
        }
        let rows = match context.workspace.state_to_read()? {
            Some(state) => state.annexes(self.all)?,
            None => Vec::new(),
        };
        let listed: Vec<AnnexListed> = rows
            .into_iter()
            .rev()
            .map(|row| AnnexListed {
                record: row.record,
                updated_at: row.updated_at,
                held_by: row.lock.map(|lock| lock.told(context.wants_json())),
            })
            .collect();
        if context.wants_json() {
            context.print_json(&AnnexesDocument::new(&listed, Timestamp::now()))?;
        } else if listed.is_empty() {
            context.tell("no annexes are recorded; `hoist annex create NAME` makes one");
        } else {
            context.print_with_advice(&annexes_human(&listed, Timestamp::now(), context.style))?;
        }
        Ok(Exit::Done)
    }
}

fn list_jobs(context: &Context, schedd: Option<&Schedd>) -> CommandResult {
    let jobs = block_on(jobs_of_all(context.operation(), schedd))??;
    if context.wants_json() {
        context.print_json(&AnnexesJobsDocument::new(&jobs))?;
    } else if jobs.is_empty() {
        context.tell("no job in the queue is bound to an annex");
    } else {
        context.print_with_advice(&annexes_jobs_human(&jobs, context.style))?;
    }
    Ok(Exit::Done)
}
