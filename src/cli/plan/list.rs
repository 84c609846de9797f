//! `hoist plan list`

use std::cmp::Reverse;

use clap::Args;
use jiff::Timestamp;

use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::report::{RunSummary, RunsDocument, count, list_human};

/// List runs: those that go on first, the newest first
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Also list runs that have ended, each with the id by which `history`, `logs` and `show` know it
    #[arg(short, long)]
    all: bool,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let mut rows = match context.workspace.state_to_read()? {
            Some(state) => state.runs(true)?,
            None => Vec::new(),
        };
        let ended = rows.iter().filter(|row| row.ended_at.is_some()).count();
        rows.retain(|row| self.all || row.ended_at.is_none());
        rows.sort_by_key(|row| (row.ended_at.is_some(), Reverse(row.created_at), Reverse(row.id)));
        let listed: Vec<RunSummary> = rows
            .into_iter()
            .map(|row| RunSummary {
                id: row.tag,
                name: row.name,
                plan: row.plan_name,
                plan_file: row.plan_file,
                created_at: row.created_at,
                updated_at: row.updated_at,
                ended_at: row.ended_at,
                summary: row.summary,
                held_by: row.lock.map(|lock| lock.told(context.wants_json())),
            })
            .collect();
        if context.wants_json() {
            context.print_json(&RunsDocument::new(&listed, self.all))?;
        } else if listed.is_empty() && ended > 0 {
            let ended = count(ended, "run");
            context.tell(&format!("no run goes on; {ended} ended: `hoist plan list --all` lists what ended, too"));
        } else if listed.is_empty() {
            context.tell("no runs are recorded; `hoist plan boot PLAN` starts one");
        } else {
            context.print_with_advice(&list_human(&listed, Timestamp::now(), self.all, context.style))?;
        }
        Ok(Exit::Done)
    }
}
