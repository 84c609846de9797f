//! Health of a run.

use std::sync::Arc;

use jiff::Timestamp;

use super::drive_options::DriveOptions;
use super::recorded_run::LoadedRun;
use crate::app::{CommandError, LiveInfrastructure, Workspace, rehearsed};
use crate::engine::observe;
use crate::report::Health;

/// Compares the record of a run with reality: asks the clouds and runs every ready program again, unless `cached` is
/// set or nothing is left of the run.
///
/// # Errors
/// The file of faults is wrong, or one of hoist's own directories was replaced.
pub(crate) async fn health(
    workspace: &Workspace,
    recorded: &LoadedRun,
    cached: bool,
    drive: &DriveOptions,
) -> Result<Health, CommandError> {
    let observations = if cached || recorded.row.ended_at.is_some() {
        None
    } else {
        let real = Arc::new(LiveInfrastructure::new(workspace, &recorded.run)?);
        let infrastructure = rehearsed(real, drive.rehearse.as_deref(), &[&recorded.run.plan])?;
        Some(observe(&recorded.run, &infrastructure, drive.max_concurrency).await)
    };
    Ok(Health::new(&recorded.run, observations, Timestamp::now()))
}
