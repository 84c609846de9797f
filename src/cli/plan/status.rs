//! `hoist plan status`

use clap::Args;

use super::drive::Drive;
use super::run_name::RunName;
use crate::app::plan::{existing, health};
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{health_human, health_json};
use crate::state::LockHolder;

/// Show what is recorded of a run and what is really there: asks the clouds, and runs every ready program again
///
/// Exit code 0 when everything is healthy, 1 when something is not, 2 when it works but is not as it should be: an
/// optional check fails, a machine has another address than is recorded, or a boot program was given values that are
/// others now; or when a check could not be made for a reason that is on this side, such as a secret that is not set:
/// that is unknown, neither failed nor healthy.
#[derive(Args, Debug)]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    run: RunName,

    /// Only show what is recorded; ask nobody
    #[arg(long)]
    cached: bool,

    #[command(flatten)]
    drive: Drive,
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let recorded = existing(&context.workspace, &self.run.name)?;
        let health = block_on(health(&context.workspace, &recorded, self.cached, &self.drive.options()))??;
        let lock = recorded.row.lock.as_ref();
        if context.wants_json() {
            context.print_json(&health_json(&health, lock.map(LockHolder::in_document)))?;
        } else {
            context.print_with_advice(&health_human(&health, lock.map(ToString::to_string), context.style))?;
        }
        Ok(if health.is_ill() {
            Exit::Failed
        } else if health.is_unknown() || health.is_degraded() {
            Exit::Changed
        } else {
            Exit::Done
        })
    }
}
