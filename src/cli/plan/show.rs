//! `hoist plan show`

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use jiff::Timestamp;

use super::plan_args::{PlanFile, Reading};
use crate::app::plan::{no_such_run, recorded};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::completions::run_names;
use crate::cli::context::Context;
use crate::report::plan::{PlanDocument, show_dot, show_human};
use crate::report::{RunDocument, run_human};

/// Show the levels, services and attributes of a plan, or of a run as it is recorded
#[derive(Args, Debug)]
pub(in crate::cli) struct Show {
    /// The plan's file, or the name of a run
    #[arg(value_name = "PLAN|RUN", add = ArgValueCompleter::new(run_names))]
    what: PathBuf,

    /// Write the graph of levels, services and references in Graphviz's language
    #[arg(long)]
    dot: bool,

    #[command(flatten)]
    reading: Reading,
}

impl Show {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self
            .what
            .to_str()
            .filter(|name| !name.contains('/') && !name.ends_with(".toml") && !name.ends_with(".conf"));
        // A run may have the name of a file that is not a plan, such as the user data it was created with.
        let run = name.map(|name| recorded(&context.workspace, name)).transpose()?.flatten();
        if run.is_none() && self.what.exists() {
            let plan = PlanFile { plan: self.what.clone(), reading: self.reading.clone() }.load(context)?;
            if self.dot {
                context.print(&show_dot(&plan))?;
            } else if context.wants_json() {
                context.print_json(&PlanDocument::of(&plan))?;
            } else {
                context.print(&show_human(&plan))?;
            }
            return Ok(Exit::Done);
        }
        let Some(name) = name else {
            return Err(CommandError::new(format!(
                "cannot read the plan {}: there is no such file",
                self.what.display()
            )));
        };
        let Some(recorded) = run else {
            return Err(no_such_run(&context.workspace, name)?
                .hint(format!("or is {name} meant to be a plan's file? There is none of that name here")));
        };
        if self.dot {
            context.print(&show_dot(&recorded.run.plan))?;
        } else if context.wants_json() {
            context.print_json(&RunDocument::of(&recorded.run, recorded.row.lock.is_some()))?;
        } else {
            context.print(&run_human(&recorded.run, recorded.row.lock.is_some(), Timestamp::now(), context.style))?;
        }
        Ok(Exit::Done)
    }
}
