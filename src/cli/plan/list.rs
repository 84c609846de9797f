//! `hoist plan list`

use clap::Args;
use jiff::Timestamp;

use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, Exit};
use crate::report::{Listed, list_human, list_json};

/// List runs, newest first
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Also list runs that have ended
    #[arg(short, long)]
    all: bool,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let rows = match context.existing_state()? {
            Some(state) => state.runs(self.all)?,
            None => Vec::new(),
        };
        let listed: Vec<Listed> = rows
            .into_iter()
            .map(|row| Listed {
                name: row.name,
                plan: row.plan_name,
                plan_file: row.plan_file,
                created_at: row.created_at,
                updated_at: row.updated_at,
                ended_at: row.ended_at,
                summary: row.summary,
                held_by: row.lock.map(|lock| lock.to_string()),
            })
            .collect();
        if context.wants_json() {
            context.print_json(&list_json(&listed))?;
        } else if listed.is_empty() {
            context.tell("no runs are recorded; `hoist plan boot PLAN` starts one");
        } else {
            context.print(&list_human(&listed, Timestamp::now(), context.style))?;
        }
        Ok(Exit::Done)
    }
}
