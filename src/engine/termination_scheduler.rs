//! Announces tear-downs: the instances of one cloud in one call, with the cleanup of hosts that stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::Action;
use super::driver_error::DriverError;
use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::host_cleanup::HostCleanup;
use super::phase::Phase;
use super::placement::cleanup_of;
use super::run::Run;
use super::tasks;
use super::terminate::{Termination, TerminationTarget};
use super::turn::Turn;
use crate::provider::Cloud;

/// Joins the instances of one cloud into one call; schedules services without an instance one by one.
pub(super) fn schedule_terminations(turn: &mut Turn<'_, '_>, positions: Vec<usize>) -> Result<(), DriverError> {
    let mut by_cloud: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for position in positions {
        match &turn.run().record(position).instance {
            Some(owned) => by_cloud.entry(owned.cloud.clone()).or_default().push(position),
            None if !turn.tasks.has_room() => {}
            None => schedule_release(turn, position)?,
        }
    }
    for (cloud_name, positions) in by_cloud {
        let cloud = match turn.clouds.cloud(&cloud_name) {
            Ok(cloud) => cloud,
            Err(error) => {
                turn.fail_all(&positions, Stage::Terminate, &error)?;
                continue;
            }
        };
        for batch in positions.chunks(cloud.capabilities().max_batch.max(1)) {
            if !turn.tasks.has_room() {
                return Ok(());
            }
            schedule_batch(turn, &cloud_name, &cloud, batch)?;
        }
    }
    Ok(())
}

/// Announces one call for these services' instances on one cloud.
fn schedule_batch(
    turn: &mut Turn<'_, '_>,
    cloud_name: &str,
    cloud: &Arc<dyn Cloud>,
    positions: &[usize],
) -> Result<(), DriverError> {
    let mut cleanups = Vec::new();
    let mut removable = Vec::new();
    for &position in positions {
        match cleanup(turn, position) {
            Ok(found) => {
                cleanups.extend(found.map(|found| (position, found)));
                removable.push(position);
            }
            Err(failure) => turn.progress.change(position, ServiceEvent::TerminateFailed { failure })?,
        }
    }
    if removable.is_empty() {
        return Ok(());
    }
    let machines: Vec<TerminationTarget> = removable.iter().map(|&position| target(turn.run(), position)).collect();
    note_indeterminate_launches(turn, cloud_name, cloud.as_ref(), &machines);
    let termination = Termination {
        cloud: cloud.clone(),
        cloud_name: cloud_name.to_owned(),
        run_id: turn.run().id.clone(),
        machines,
        quiet_since: turn.tasks.quiet_since(),
        told: turn.tasks.told(),
        stopping: turn.tasks.stopping(),
    };
    let actions = removable.into_iter().map(Action::Remove).collect();
    turn.tasks.push(actions, tasks::remove(termination, cleanups));
    Ok(())
}

/// Schedules the cleanup after a service that has no instance of its own.
fn schedule_release(turn: &mut Turn<'_, '_>, position: usize) -> Result<(), DriverError> {
    match cleanup(turn, position) {
        Ok(found) => {
            turn.tasks.push(vec![Action::Remove(position)], tasks::release(position, found));
            Ok(())
        }
        Err(failure) => turn.progress.change(position, ServiceEvent::TerminateFailed { failure }),
    }
}

/// Returns the cleanup of a host that stays after the service is gone; waits for the host are reported.
fn cleanup(turn: &mut Turn<'_, '_>, position: usize) -> Result<Option<HostCleanup>, Failure> {
    let teller = turn.teller(position);
    let found = cleanup_of(turn.progress.run(), position, turn.clouds)?;
    Ok(found.map(|found| found.telling(teller)))
}

/// Tells the user why a tear-down takes its time if it is unknown whether a launch took effect.
fn note_indeterminate_launches(
    turn: &mut Turn<'_, '_>,
    cloud_name: &str,
    cloud: &dyn Cloud,
    machines: &[TerminationTarget],
) {
    let in_doubt = machines.iter().filter(|it| it.in_doubt.is_some() && it.instance_id.is_none()).count();
    let grace = cloud.capabilities().consistency_window.saturating_sub(turn.tasks.quiet_for()).as_secs();
    if in_doubt > 0 && grace > 0 {
        turn.progress.note(&format!(
            "a launch of {in_doubt} on {cloud_name} was never answered; what it made may be shown as late as {grace} s \
             from now, so it is looked for until then"
        ));
    }
}

fn target(run: &Run, position: usize) -> TerminationTarget {
    let record = run.record(position);
    let in_doubt = match &record.phase {
        Phase::Terminating(farewell) => farewell.in_doubt.clone(),
        _ => None,
    };
    TerminationTarget { position, instance_id: record.instance_id().map(str::to_owned), in_doubt }
}
