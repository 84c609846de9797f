//! History of all instances launched for a run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::recorded_run::LoadedRun;
use super::terminate_machines::{MachineId, may_terminate, state_name, terminate_machines};
use crate::app::{CommandError, LiveInfrastructure, Operation};
use crate::engine::{RunEvent, ServiceEvent};
use crate::provider::{CloudError, Infrastructure, Instance, Selector};
use crate::report::InstanceHistory;
use crate::state::Owner;

/// The instances of a run, from its journal.
pub(crate) struct MachineHistory {
    /// The instances, in order of launch.
    pub(crate) machines: Vec<InstanceHistory>,
    /// Clouds that could not be asked, with the errors.
    pub(crate) silent: Vec<(String, CloudError)>,
    infrastructure: LiveInfrastructure,
}

/// Reads the recorded instances of a run, and asks the clouds about them unless `cached`.
pub(crate) async fn machine_history(
    op: Operation<'_>,
    recorded: &LoadedRun,
    cached: bool,
) -> Result<MachineHistory, CommandError> {
    let mut machines = journalled(recorded);
    let infrastructure = LiveInfrastructure::new(op.workspace, &recorded.run)?;
    let silent = if cached { Vec::new() } else { ask(&infrastructure, &mut machines).await };
    Ok(MachineHistory { machines, silent, infrastructure })
}

/// Terminates those that still exist. Returns whether the user agreed.
///
/// # Errors
/// Another process holds the run, or some instances are still there.
pub(crate) async fn terminate_past(
    op: Operation<'_>,
    recorded: &LoadedRun,
    past: &MachineHistory,
) -> Result<bool, CommandError> {
    let exists = |machine: &&InstanceHistory| {
        machine.observed.as_deref().is_some_and(|state| !matches!(state, "gone" | "terminated"))
    };
    let left: Vec<MachineId> = past
        .machines
        .iter()
        .filter(exists)
        .map(|machine| (machine.cloud.clone(), machine.instance_id.clone()))
        .collect();
    if left.is_empty() {
        return Ok(true);
    }
    let name = &recorded.run.name;
    // The lock keeps others from booting what is terminated here.
    let _lock = op.workspace.state_with(name)?.lock(recorded.row.id, &Owner::current())?;
    if !may_terminate(op.user, &left)? {
        return Ok(false);
    }
    let again = format!("hoist plan history --terminate {name}");
    terminate_machines(op.user, &past.infrastructure, &left, &again).await?;
    op.user.tell(&format!("the run's records follow with: hoist plan repair {name}, or hoist plan terminate {name}"));
    Ok(true)
}

/// Returns all instances in the journal, in order of launch.
fn journalled(recorded: &LoadedRun) -> Vec<InstanceHistory> {
    let mut past: Vec<InstanceHistory> = Vec::new();
    let mut current: BTreeMap<&str, usize> = BTreeMap::new();
    let mut clouds: BTreeMap<&str, (&str, Timestamp)> = BTreeMap::new();
    for record in &recorded.records {
        if let RunEvent::LaunchIntended { cloud, services, .. } = &record.event {
            clouds.extend(services.iter().map(|service| (service.as_str(), (cloud.as_str(), record.at))));
        }
        let RunEvent::Service { service, change } = &record.event else { continue };
        match change {
            ServiceEvent::Launched { instance_id } => {
                let (cloud, launched_at) = clouds.get(service.as_str()).copied().unwrap_or(("", record.at));
                current.insert(service, past.len());
                past.push(InstanceHistory {
                    service: service.clone(),
                    cloud: cloud.to_owned(),
                    instance_id: instance_id.clone(),
                    address: None,
                    launched_at,
                    ended_at: None,
                    fate: "launched".to_owned(),
                    observed: None,
                });
            }
            _ => {
                let Some(machine) = current.get(service.as_str()).and_then(|&index| past.get_mut(index)) else {
                    continue;
                };
                match change {
                    ServiceEvent::Addressed { address, .. } => machine.address = Some(address.clone()),
                    ServiceEvent::Ready { .. } => machine.fate = "ready".to_owned(),
                    ServiceEvent::Failed { failure } => machine.fate = format!("failed in stage {}", failure.stage),
                    ServiceEvent::Lost { .. } => {
                        machine.fate = "lost".to_owned();
                        machine.ended_at = Some(record.at);
                    }
                    ServiceEvent::Terminated => {
                        machine.fate = "terminated".to_owned();
                        machine.ended_at = Some(record.at);
                        current.remove(service.as_str());
                    }
                    _ => {}
                }
            }
        }
    }
    past
}

/// Fills in the answers of the clouds; returns the clouds that could not be asked.
async fn ask(infrastructure: &dyn Infrastructure, past: &mut [InstanceHistory]) -> Vec<(String, CloudError)> {
    let mut by_cloud: BTreeMap<String, Vec<&mut InstanceHistory>> = BTreeMap::new();
    for machine in past {
        by_cloud.entry(machine.cloud.clone()).or_default().push(machine);
    }
    let mut failed = Vec::new();
    for (cloud, machines) in by_cloud {
        let ids = machines.iter().map(|machine| machine.instance_id.clone()).collect();
        let answer = match infrastructure.cloud(&cloud) {
            Ok(cloud) => cloud.describe(&Selector::Ids(ids)).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(shown) => {
                let shown: BTreeMap<&str, &Instance> =
                    shown.iter().map(|instance| (instance.id.as_str(), instance)).collect();
                for machine in machines {
                    let state = shown.get(machine.instance_id.as_str()).map(|instance| state_name(instance));
                    machine.observed = Some(state.unwrap_or_else(|| "gone".to_owned()));
                }
            }
            Err(error) => failed.push((cloud, error)),
        }
    }
    failed
}
