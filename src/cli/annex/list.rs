//! `hoist annex list`

use clap::Args;
use jiff::Timestamp;

use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::report::{AnnexListed, AnnexesDocument, annexes_human};

/// List annexes as they are recorded, newest first; `hoist annex status` asks the cloud and the pool
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Also list annexes that have ended
    #[arg(short, long)]
    all: bool,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let rows = match context.workspace.state_to_read()? {
            Some(state) => state.annexes(self.all)?,
            None => Vec::new(),
        };
        let listed: Vec<AnnexListed> = rows
            .into_iter()
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
