//! `hoist plan repair`

use clap::Args;

use super::resume::retry_removals;
use super::session::{Session, block_on};
use super::{Drive, RunName};
use crate::cli::context::Context;
use crate::cli::exit::CommandResult;
use crate::engine::{Change, Driver, DriverError, Goal, InstanceSeen, Phase, REPAIR_LIMIT, survey};

/// Check every service; replace the machine of each that fails, at most twice, and check what comes after it
#[derive(Args, Debug)]
pub(in crate::cli) struct Repair {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Repair {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let session = Session::open(context, &self.run.name, &self.drive)?;
        let done = block_on(async {
            let seen = survey(&session.run, session.places().as_ref()).await;
            session.drive_inside(|driver| check_all(driver, &seen)).await
        })??;
        done.conclude(context)
    }
}

/// Marks what is gone as lost and has everything else checked again, level by level.
pub(super) fn check_all(driver: &mut Driver<'_>, seen: &[InstanceSeen]) -> Result<(), DriverError> {
    if !matches!(driver.run().goal, Some(Goal::Reload { .. })) {
        driver.set_goal(Goal::Up { repairs: REPAIR_LIMIT, by_level: false })?;
    }
    retry_removals(driver)?;
    note_lost(driver, seen)?;
    for position in 0..driver.run().records().len() {
        if let Phase::Ready { .. } = driver.run().record(position).phase {
            driver.change(position, Change::Recheck)?;
        }
    }
    Ok(())
}

/// Records which instances are gone without us.
pub(super) fn note_lost(driver: &mut Driver<'_>, seen: &[InstanceSeen]) -> Result<(), DriverError> {
    for (position, instance) in seen.iter().enumerate() {
        let record = driver.run().record(position);
        let raised =
            !record.phase.is_going() && !matches!(record.phase, Phase::Pending | Phase::Launching(_) | Phase::Lost(_));
        let id = record.instance_id().unwrap_or_default();
        let reason = match instance {
            InstanceSeen::Absent => format!("{id}: the cloud no longer knows it"),
            InstanceSeen::Here(instance) if instance.state.is_gone() => {
                format!("{id}: {}", instance.reason.as_deref().unwrap_or("the cloud shows it as terminated"))
            }
            _ => continue,
        };
        if raised {
            driver.change(position, Change::Lost { reason })?;
        }
    }
    Ok(())
}
