//! `hoist plan reload`

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use super::Drive;
use super::pin::keep_place;
use super::preflight::preflight;
use super::reading::PlanFile;
use super::session::{Session, block_on, ended, existing, going_down};
use crate::cli::completions::run_names;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::engine::{Goal, survey};
use crate::plan::{Changes, diff};
use crate::report;
use clap_complete::engine::ArgValueCompleter;

/// Bring a run in line with a new plan: tear down what is removed, raise anew what changed, add what is new, check the rest
#[derive(Args, Debug)]
pub(in crate::cli) struct Reload {
    #[command(flatten)]
    plan: PlanFile,

    /// The run's name [default: the plan's name]
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(run_names))]
    name: Option<String>,

    /// Only show what would be added, removed and raised anew; exit code 2 when something would
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    drive: Drive,
}

impl Reload {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let mut plan = self.plan.load(context)?;
        let name = self.name.clone().unwrap_or_else(|| plan.name.clone());
        let recorded = existing(context, &name)?;
        if recorded.row.ended_at.is_some() {
            return Err(ended(&name));
        }
        if matches!(recorded.run.goal, Some(Goal::Down)) {
            return Err(going_down(&name));
        }
        // What the run was leased for holds for its new machines too, unless this says otherwise.
        plan.lease = plan.lease.or(recorded.run.plan.lease);
        keep_place(&recorded.run.plan, &mut plan);
        let changes = diff(&recorded.run.plan, &plan);
        if self.dry_run {
            self.show(context, &name, &changes)?;
            return Ok(if changes.is_empty() { Exit::Done } else { Exit::Changed });
        }
        let fresh: BTreeSet<&str> = changes.fresh().collect();
        preflight(context, &mut plan, self.plan.reading.allowed_secrets(), |service| fresh.contains(service))?;
        let session = Session::open(context, &name, &self.drive)?;
        if matches!(session.run.goal, Some(Goal::Down)) {
            return Err(going_down(&name));
        }
        let changes = diff(&session.run.plan, &plan);
        if !context.wants_json() {
            self.show(context, &name, &changes)?;
        }
        let done = block_on(async {
            let seen = survey(&session.run, session.places().as_ref()).await;
            session.drive_inside(|driver| driver.reload(plan, &seen)).await
        })??;
        done.conclude(context)
    }

    fn show(&self, context: &Context, name: &str, changes: &Changes) -> Result<(), CommandError> {
        if context.wants_json() {
            let reasons = |changed: &[(String, String)]| -> Vec<_> {
                changed.iter().map(|(service, reason)| json!({ "service": service, "reason": reason })).collect()
            };
            return context.print_json(&json!({
                "schema": 1,
                "run": name,
                "changed": !changes.is_empty(),
                "added": changes.added,
                "removed": changes.removed,
                "rebooted": reasons(&changes.rebooted),
                "updated": reasons(&changes.updated),
            }));
        }
        context.print(&report::changes(name, changes, context.style))
    }
}
