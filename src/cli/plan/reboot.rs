//! `hoist plan reboot`

use clap::Args;

use super::consent::consent;
use super::drive::Drive;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds};
use super::run_name::RunName;
use super::session::{RunSession, block_on, going_down, illegal};
use crate::app::refuse;
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::engine::{Forecast, Goal, Prerequisites, survey_patiently};

/// Bring every service of a run down, then raise all of it anew
///
/// What is missing on this side (secrets, programs, keys, credentials) is told before anything is touched. A terminate
/// program that fails is told of, and keeps nothing.
///
/// On a terminal it shows what it will do and asks, unless --yes; off a terminal, and with --no-input, it acts.
#[derive(Args, Debug)]
pub(in crate::cli) struct Reboot {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Reboot {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let session = RunSession::open(context, &self.run.name, &self.drive)?;
        if session.run.goal.as_ref().is_some_and(Goal::is_down) {
            return Err(going_down(&session.run.name));
        }
        refuse(context, &missing(&session.run.plan, &Prerequisites::of_replacing(&session.run)), UNTOUCHED)?;
        block_on(async {
            let run = &session.run;
            let seen = survey_patiently(run, session.infrastructure().as_ref()).await;
            refuse(context, &silent_clouds(run, &seen), UNTOUCHED)?;
            let forecast = Forecast::reboot(run, &seen).map_err(illegal)?.masked(&[&run.plan]);
            if !consent(context, &forecast)? {
                return Ok(Exit::Failed);
            }
            session.drive_inside(|driver| driver.reboot(&seen)).await?.conclude(context)
        })?
    }
}
