//! `hoist annex release-jobs`

use clap::Args;

use super::annex_arg::AnnexArgument;
use super::schedd_option::ScheddOption;
use crate::app::annex::{ReleaseJobsRequest, ReleasedJobs, release_jobs};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::diagnostics::agreeing;
use crate::report::{ReleasedJobsDocument, count};

/// Let the jobs of an annex that has ended run elsewhere, or remove them
///
/// Jobs that were submitted to an annex run there and nowhere else, and wait for ever once it has ended. The condition
/// is taken out of their requirements, which stay as they are otherwise. `hoist annex list --jobs` shows which annexes
/// have jobs. Node jobs that DAGMan has yet to submit stay bound.
#[derive(Args, Debug)]
pub(in crate::cli) struct ReleaseJobs {
    #[command(flatten)]
    annex: AnnexArgument,

    #[command(flatten)]
    queue: ScheddOption,

    /// Remove them from the queue instead
    #[arg(long)]
    remove: bool,
}

impl ReleaseJobs {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.annex.name()?;
        let request =
            ReleaseJobsRequest { name: name.clone(), schedd: self.queue.schedd.clone(), removes: self.remove };
        let released = block_on(release_jobs(context.operation(), request))??;
        let (freed, removed) = match &released {
            ReleasedJobs::Declined => return Ok(Exit::Failed),
            ReleasedJobs::None(_) => (0, 0),
            ReleasedJobs::Freed(number) => (*number, 0),
            ReleasedJobs::Removed(number) => (0, *number),
        };
        if let ReleasedJobs::None(others) = &released {
            let listed = others.listed.iter().map(|listed| format!("; jobs are bound to: {listed}"));
            let question = others.question.iter().map(|question| format!("; {question}"));
            context.tell(&format!("no job is bound to annex {name}{}", listed.chain(question).collect::<String>()));
        }
        if context.wants_json() {
            context.print_json(&ReleasedJobsDocument::new(&name, freed, removed))?;
        } else if freed + removed == 0 {
            return Ok(Exit::Done);
        } else if self.remove {
            let (jobs, are) = (count(removed, "job"), agreeing(removed, "is", "are"));
            context.print(&format!("{jobs} of annex {name} {are} out of the queue\n"))?;
        } else {
            let (jobs, fit) = (count(freed, "job"), agreeing(freed, "it fits", "they fit"));
            context.print(&format!("{jobs} of annex {name} may run on every machine that {fit}\n"))?;
        }
        Ok(Exit::Done)
    }
}
