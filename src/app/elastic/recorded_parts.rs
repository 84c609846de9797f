//! The scaler of a fleet by its records alone.

use super::fleet_source::open_source;
use crate::app::{CommandError, Workspace, fleet_cloud};
use crate::elastic::fleet::FleetFile;
use crate::provider::{Clock, InstanceSpec, Offer};
use crate::scaler::{KindSpec, ScalerParts};
use crate::state::{FleetLock, Owner, PassQuery, StateFile};

/// Returns what a scaler that only ends machines is made of. Only the cloud and the queue are needed of the fleet's
/// file, as it was last taken in: images and user data may be gone, since nothing is launched.
///
/// # Errors
/// This version cannot read the file, or the cloud or the source of work cannot be made.
pub(crate) fn recorded_parts(
    workspace: &Workspace,
    state: &StateFile,
    lock: &FleetLock,
    clock: Clock,
) -> Result<ScalerParts, CommandError> {
    let fleet = lock.fleet().clone();
    let file = FleetFile::parse(&fleet.text, &fleet.path)
        .map_err(|problems| CommandError::new(problems.0.first().map(|first| first.sentence()).unwrap_or_default()))?;
    let cloud = fleet_cloud(workspace, &fleet)?;
    let open = |queue| open_source(queue, &fleet.path, workspace, &fleet.cloud, &fleet.id.tag());
    let source = file.queue.as_ref().map(open).transpose();
    let source = source.map_err(|error| CommandError::new(error.message).hints(error.hint))?;
    let nothing = InstanceSpec { offers: vec![Offer::default()], ..InstanceSpec::default() };
    let machines = file
        .kinds()
        .map(|(name, _)| (name.to_owned(), KindSpec { machine: nothing.clone(), ..KindSpec::default() }))
        .collect();
    let passes = state.fleet_passes(lock.id(), &PassQuery::Newest(1))?.last().map_or(0, |pass| pass.number);
    Ok(ScalerParts {
        memory: lock.memory().cloned(),
        passes,
        file,
        journal: lock.journal(),
        cloud,
        source,
        machines,
        clock,
        owner: Owner::current().to_string(),
        state: Some(state.id()?),
        fleet,
    })
}
