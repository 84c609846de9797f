//! `hoist plan repair`

use clap::Args;

use super::consent::consent;
use super::drive::Drive;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds, unmade_checks};
use super::run_name::RunName;
use super::session::{RunSession, block_on, going_down, illegal};
use crate::app::refuse;
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::engine::{Driver, Forecast, Goal, Prerequisites, Run, examine};

/// Check every service; replace the machine of each that fails, at most twice, and check what comes after it
///
/// Only what fails now is replaced: a service that is recorded as failed and works is recorded as ready, and one whose
/// boot program was given what is something else by now is not replaced for that (--with-dependents). What is missing
/// on this side (secrets, programs, keys, credentials) is told before anything is touched.
///
/// On a terminal it shows what it will do and asks, unless --yes; off a terminal, and with --no-input, it acts.
#[derive(Args, Debug)]
pub(in crate::cli) struct Repair {
    #[command(flatten)]
    run: RunName,

    /// Also run the boot program again, on the machine that it has, of each service whose values changed: of those that
    /// read a service which was replaced or moved, and of those that read them, in order, once each; one that failed
    /// its check before and fails it all the same is replaced
    #[arg(long)]
    with_dependents: bool,

    #[command(flatten)]
    drive: Drive,
}

impl Repair {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let session = RunSession::open(context, &self.run.name, &self.drive)?;
        if session.run.goal.as_ref().is_some_and(Goal::is_down) {
            return Err(going_down(&session.run.name));
        }
        refuse(context, &missing(&session.run.plan, &needs(&session.run)), UNTOUCHED)?;
        block_on(async {
            let run = &session.run;
            let seen = examine(run, session.infrastructure(), self.drive.max_concurrency as usize).await;
            let mut diagnostics = silent_clouds(run, seen.iter().map(|seen| &seen.instance));
            if diagnostics.is_empty() {
                diagnostics = unmade_checks(run, &seen, |_| true);
            }
            refuse(context, &diagnostics, UNTOUCHED)?;
            let forecast = match self.with_dependents {
                true => Forecast::repair_with_dependents(run, &seen),
                false => Forecast::repair(run, &seen),
            };
            let forecast = forecast.map_err(illegal)?.masked(&[&run.plan]);
            if !consent(context, &forecast)? {
                return Ok(Exit::Failed);
            }
            let repair = |driver: &mut Driver<'_>| match self.with_dependents {
                true => driver.repair_with_dependents(&seen),
                false => driver.repair(&seen),
            };
            session.drive_inside(repair).await?.all_proved().conclude(context)
        })?
    }
}

/// Any service may have to be replaced, and be raised by the plan that is to be in force then.
fn needs(run: &Run) -> Prerequisites<'_> {
    match &run.goal {
        Some(Goal::Reload { plan, .. }) => Prerequisites::of_replacing(run).and(Prerequisites::of_raising(plan)),
        _ => Prerequisites::of_replacing(run),
    }
}
