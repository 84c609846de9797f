//! `hoist plan history`

use clap::Args;
use jiff::Timestamp;

use super::run_name::RunName;
use crate::app::plan::{existing, machine_history, terminate_past};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{HistoryDocument, history_human};

/// Show every machine that was ever started for a run, with what became of it
#[derive(Args, Debug)]
pub(in crate::cli) struct History {
    #[command(flatten)]
    run: RunName,

    /// Terminate every one of them that still exists
    #[arg(short = 'k', long)]
    terminate: bool,

    /// Only show what is recorded; ask no cloud
    #[arg(long, conflicts_with = "terminate")]
    cached: bool,
}

impl History {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let op = context.operation();
        let recorded = existing(op.workspace, &self.run.name)?;
        let past = machine_history(op, &recorded, self.cached).await?;
        let name = &recorded.run.name;
        if context.wants_json() {
            context.print_json(&HistoryDocument::new(name, &past.machines))?;
        } else {
            context.print(&history_human(&past.machines, Timestamp::now(), context.style))?;
        }
        // The records are worth showing even without an answer of the cloud.
        for (cloud, error) in &past.silent {
            context.warn(&format!("cloud {cloud} was not asked: {error}"));
            error.hint.iter().for_each(|hint| context.say(&format!("  {} {hint}", context.message_style.dim("try:"))));
            if self.terminate {
                let message = format!("what run {name} may still have on cloud {cloud} is not known");
                return Err(CommandError::with_exit(Exit::Remains, message).hint("hoist doctor"));
            }
        }
        let agreed = !self.terminate || terminate_past(op, &recorded, &past).await?;
        Ok(if agreed { Exit::Done } else { Exit::Changed })
    }
}
