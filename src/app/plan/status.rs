//! Health of a run.

use std::sync::Arc;

use jiff::Timestamp;

use super::drive_options::DriveOptions;
use super::fleets_first::parent_of;
use super::recorded_run::LoadedRun;
use crate::app::dependents::Dependents;
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
    let run = &recorded.run;
    let state = workspace.state_to_read()?;
    let (observations, workers) = if cached || recorded.row.ended_at.is_some() {
        (None, None)
    } else {
        let real = Arc::new(LiveInfrastructure::new(workspace, run)?);
        let infrastructure = rehearsed(real, drive.rehearse.as_deref(), &[&run.plan])?;
        let workers = match &state {
            Some(state) => Dependents::of(&parent_of(state, run, infrastructure.as_ref(), None)).await.ok(),
            None => None,
        };
        (Some(observe(run, &infrastructure, drive.max_concurrency).await), workers)
    };
    let workers = workers.filter(|workers| workers.silent.is_empty()).map(|workers| workers.workers());
    Ok(Health::new(run, observations, Timestamp::now()).having_workers(workers))
}
