//! `hoist plan reload`

use std::collections::BTreeSet;

use clap::Args;

use super::consent::agreed;
use super::drive::Drive;
use super::pin_provider::keep_place;
use super::plan_args::PlanFile;
use super::preflight::preflight;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds, unmade_checks};
use super::session::{RunSession, block_on, ended, existing, going_down, illegal};
use crate::cli::completions::run_names;
use crate::cli::context::Context;
use crate::cli::diagnostics::refuse;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::infrastructure::{LiveInfrastructure, rehearsed};
use crate::engine::{Forecast, Goal, Observation, PlannedAction, Prerequisites, Run, examine};
use crate::os::quoted;
use crate::plan::{Plan, diff};
use crate::provider::Infrastructure;
use crate::report::{self, ReloadDocument};
use crate::state::RunRow;
use clap_complete::engine::ArgValueCompleter;

/// Bring a run in line with a new plan: tear down what is removed, raise anew what changed or does not work, add what
/// is new
///
/// The services that stay are checked first, as the new plan says. What is missing on this side (secrets, programs,
/// keys, credentials) is told before anything is touched. A terminate program that fails is told of, and keeps nothing.
///
/// On a terminal it shows what it will do and asks, unless --yes; off a terminal, and with --no-input, it acts.
#[derive(Args, Debug)]
pub(in crate::cli) struct Reload {
    #[command(flatten)]
    plan: PlanFile,

    /// The run's name [default: the plan's name]
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(run_names))]
    name: Option<String>,

    /// Only check, and show what would be done; exit code 2 when something would
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    drive: Drive,
}

impl Reload {
    /// The reload of a run by the plan's file that it was raised from.
    fn again(&self, run: &RunRow) -> String {
        let file = match run.plan_file.exists() {
            true => quoted(&run.plan_file),
            false => format!("PLAN (the plan's file, which was {})", run.plan_file.display()),
        };
        let option = if self.dry_run { " --dry-run" } else { "" };
        match run.name == run.plan_name {
            true => format!("hoist plan reload{option} {file}"),
            false => format!("hoist plan reload{option} --name {} {file}", run.name),
        }
    }

    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let mut plan = self.plan.load_or(context, |run| self.again(run))?;
        let name = self.name.clone().unwrap_or_else(|| plan.name.clone());
        let recorded = existing(context, &name)?;
        if recorded.row.ended_at.is_some() {
            return Err(ended(&name));
        }
        if recorded.run.goal.as_ref().is_some_and(Goal::is_down) {
            return Err(going_down(&name));
        }
        if self.dry_run {
            let run = recorded.run;
            let infrastructure = std::sync::Arc::new(LiveInfrastructure::new(context, &run)?);
            let infrastructure = rehearsed(infrastructure, self.drive.rehearse.as_deref(), &[&run.plan, &plan])?;
            let (forecast, _) = self.forecast(context, &run, &mut plan, &infrastructure)?;
            self.show(context, &forecast)?;
            return Ok(if forecast.changes_anything() { Exit::Changed } else { Exit::Done });
        }
        let session = RunSession::open_for(context, &name, &self.drive, &plan)?;
        if session.run.goal.as_ref().is_some_and(Goal::is_down) {
            return Err(going_down(&name));
        }
        let (forecast, seen) = self.forecast(context, &session.run, &mut plan, session.infrastructure())?;
        if !context.wants_json() {
            self.show(context, &forecast)?;
        } else if context.asks() {
            context.say(&report::forecast(&forecast, context.message_style));
        }
        if !agreed(context, &forecast)? {
            return Ok(Exit::Failed);
        }
        session.drive(|driver| driver.reload(plan, &seen))?.all_proved().conclude(context)
    }

    /// What the reload will do, and what was seen of the run. Ties the plan to where its clouds are.
    fn forecast(
        &self,
        context: &Context,
        run: &Run,
        plan: &mut Plan,
        infrastructure: &std::sync::Arc<dyn Infrastructure>,
    ) -> Result<(Forecast, Vec<Observation>), CommandError> {
        // What the run was leased for holds for its new machines too, unless this says otherwise.
        plan.lease = plan.lease.or(run.plan.lease);
        keep_place(&run.plan, plan);
        let changes = diff(&run.plan, plan);
        let condemned = changes.removed.iter().chain(changes.rebooted.iter().map(|(name, _)| name));
        let mut diagnostics = missing(plan, &Prerequisites::of_raising(plan));
        diagnostics
            .extend(missing(&run.plan, &Prerequisites::of_farewells(run, condemned.clone().map(String::as_str))));
        let mut told = BTreeSet::new();
        diagnostics.retain(|diagnostic| told.insert(diagnostic.message.clone()));
        refuse(context, &diagnostics, UNTOUCHED)?;

        let viewed = run.viewed_by(plan);
        let seen = block_on(examine(&viewed, infrastructure, self.drive.max_concurrency as usize))?;
        let mut diagnostics = silent_clouds(run, seen.iter().map(|seen| &seen.instance));
        if diagnostics.is_empty() {
            // What the new plan changes is checked once it is in force; it may read what is not there yet.
            let touched: BTreeSet<&str> =
                condemned.chain(changes.updated.iter().map(|(name, _)| name)).map(String::as_str).collect();
            diagnostics = unmade_checks(run, &seen, |name| !touched.contains(name));
        }
        refuse(context, &diagnostics, UNTOUCHED)?;

        let raised = Forecast::reload(run, plan, &seen).map_err(illegal)?;
        let fresh: BTreeSet<&str> = raised
            .items
            .iter()
            .filter(|item| matches!(item.deed, PlannedAction::Add | PlannedAction::Replace | PlannedAction::Raise))
            .map(|item| item.service.as_str())
            .collect();
        preflight(context, plan, self.plan.reading.allowed(), |service| fresh.contains(service))?;
        // Where its clouds are is part of the plan now.
        let forecast = Forecast::reload(run, plan, &seen).map_err(illegal)?.masked(&[&run.plan, plan]);
        Ok((forecast, seen))
    }

    fn show(&self, context: &Context, forecast: &Forecast) -> Result<(), CommandError> {
        if !context.wants_json() {
            return context.print(&match forecast.changes_anything() {
                true => report::forecast(forecast, context.style),
                false => format!("{} is in line with the plan\n", forecast.run),
            });
        }
        context.print_json(&ReloadDocument::of(forecast))
    }
}
