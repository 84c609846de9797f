//! The end of a fleet by its tag, without its scaler and its queue.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::{CommandError, Workspace, fleet_cloud};
use crate::elastic::engine::MachineId;
use crate::engine::{end_instances, tagged};
use crate::provider::{Cloud, TAG_FLEET};
use crate::scaler::{Fleet, FleetBatch, FleetEvent, FleetJournal, FleetPhase, ScalerError};
use crate::state::{Owner, StateError, StateFile};

/// Ends all workers of a fleet with their jobs, proves that they are gone, and records it where no other process holds
/// the fleet. Returns the number of machines that were ended.
///
/// # Errors
/// A worker is not proved gone, or nothing can be recorded.
pub(super) async fn end_fleet(workspace: &Workspace, state: &StateFile, fleet: &Fleet) -> Result<usize, CommandError> {
    let cloud = fleet_cloud(workspace, fleet)?;
    match state.lock_fleet(&fleet.id, &Owner::current()) {
        Ok(lock) => {
            let (journal, fleet) = (lock.journal(), lock.fleet().clone());
            if fleet.phase == FleetPhase::Ended {
                return Ok(0);
            }
            end_recorded(cloud.as_ref(), journal.as_ref(), &fleet).await
        }
        // Its scaler has read that it is to end, launches nothing, and records that its workers are gone.
        Err(error) if error.is_of_another_process() => end_workers(cloud.as_ref(), fleet).await,
        Err(StateError::FleetNotFound { .. }) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

async fn end_recorded(cloud: &dyn Cloud, journal: &dyn FleetJournal, fleet: &Fleet) -> Result<usize, CommandError> {
    let mut first = Vec::new();
    if fleet.phase == FleetPhase::Running {
        first.push(FleetEvent::StopIntended { keep_workers: false, now: false });
    }
    let machines: Vec<MachineId> = fleet.present().map(|worker| worker.id.clone()).collect();
    if !machines.is_empty() {
        first.push(FleetEvent::TerminationIntended { machines: machines.clone(), reason: None });
    }
    record(journal, first).await?;
    // A launch whose answer was lost may become visible only now.
    if !fleet.launching.is_empty() {
        let window = SignedDuration::try_from(cloud.capabilities().consistency_window).unwrap_or_default();
        let last = fleet.recent_launches.iter().max().copied().unwrap_or_else(Timestamp::now);
        let left = (last + window).duration_since(Timestamp::now());
        tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
    }
    let ended = end_workers(cloud, fleet).await?;
    let mut last = Vec::new();
    if !machines.is_empty() {
        last.push(FleetEvent::Gone { machines });
    }
    last.push(FleetEvent::Ended { kept: Vec::new() });
    record(journal, last).await?;
    Ok(ended)
}

/// Ends the workers that the record has, and those that the cloud shows besides.
async fn end_workers(cloud: &dyn Cloud, fleet: &Fleet) -> Result<usize, CommandError> {
    let shown = tagged(cloud, TAG_FLEET, &fleet.id.tag()).await?;
    let ids: BTreeSet<String> = shown
        .into_iter()
        .map(|instance| instance.id)
        .chain(fleet.present().map(|worker| worker.id.as_str().to_owned()))
        .collect();
    let ids: Vec<String> = ids.into_iter().collect();
    end_instances(cloud, &ids).await?;
    Ok(ids.len())
}

async fn record(journal: &dyn FleetJournal, events: Vec<FleetEvent>) -> Result<(), CommandError> {
    if events.is_empty() {
        return Ok(());
    }
    let batch = FleetBatch::events(Timestamp::now(), events);
    Ok(journal.record(&batch).await.map_err(ScalerError::from)?)
}
