//! `hoist plan resume`

use clap::Args;

use super::session::Session;
use super::{Drive, RunName};
use crate::cli::context::Context;
use crate::cli::exit::CommandResult;
use crate::engine::{Change, Driver, DriverError, Goal, Phase};

/// Go on with a run that was interrupted or failed, on the machines that it has
///
/// What was being launched is found again by its token and tag; programs that still run are waited for; what failed is
/// tried again from the stage that failed.
#[derive(Args, Debug)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Resume {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        Session::open(context, &self.run.name, &self.drive)?.drive(resume)?.conclude(context)
    }
}

/// Tries again what failed, towards the goal that the run has.
fn resume(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    if driver.run().goal.is_none() {
        driver.set_goal(Goal::Up { repairs: 0, by_level: false })?;
    }
    let down = matches!(driver.run().goal, Some(Goal::Down));
    for position in 0..driver.run().records().len() {
        let change = match &driver.run().record(position).phase {
            Phase::Failed(_) if !down => Change::Retried,
            Phase::Lost(_) if !down => Change::TerminateStarted { again: true },
            Phase::Terminating(farewell) if farewell.failure.is_some() => {
                Change::TerminateStarted { again: farewell.again }
            }
            _ => continue,
        };
        driver.change(position, change)?;
    }
    Ok(())
}

/// Lets tear-downs that failed be tried again.
pub(super) fn retry_removals(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    for position in 0..driver.run().records().len() {
        if let Phase::Terminating(farewell) = &driver.run().record(position).phase
            && farewell.failure.is_some()
        {
            let again = farewell.again;
            driver.change(position, Change::TerminateStarted { again })?;
        }
    }
    Ok(())
}
