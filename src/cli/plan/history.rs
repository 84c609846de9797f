//! `hoist plan history`

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;

use super::run_name::RunName;
use super::session::{LoadedRun, block_on, existing};
use super::terminate_instances::{MachineId, may_terminate, state_name, terminate};
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::infrastructure::LiveInfrastructure;
use crate::engine::{RunEvent, ServiceEvent};
use crate::provider::{CloudError, Infrastructure, Instance, Selector};
use crate::report::{HistoryDocument, InstanceHistory, history_human};
use crate::state::Owner;

/// Show every machine that was ever started for a run, with what became of it
#[derive(Args, Debug)]
pub(in crate::cli) struct History {
    #[command(flatten)]
    run: RunName,

    /// Terminate every one of them that still exists
    #[arg(short = 'k', long)]
    terminate: bool,

    /// Only show what is recorded; ask no cloud
    #[arg(long, conflicts_with = "terminate")]
    cached: bool,
}

impl History {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let recorded = existing(context, &self.run.name)?;
        let mut past = machines(&recorded);
        let infrastructure = LiveInfrastructure::new(context, &recorded.run)?;
        let failed = if self.cached { Vec::new() } else { block_on(ask(&infrastructure, &mut past))? };
        if context.wants_json() {
            context.print_json(&HistoryDocument::new(&recorded.run.name, &past))?;
        } else {
            context.print(&history_human(&past, Timestamp::now(), context.style))?;
        }
        // What is recorded is worth showing by itself.
        for (cloud, error) in &failed {
            let name = &recorded.run.name;
            context.say(&format!("{} cloud {cloud} was not asked: {error}", context.message_style.warn("note:")));
            error.hint.iter().for_each(|hint| context.say(&format!("  {} {hint}", context.message_style.dim("try:"))));
            if self.terminate {
                let message = format!("what run {name} may still have on cloud {cloud} is not known");
                return Err(CommandError::with_exit(Exit::Remains, message).hint("hoist doctor"));
            }
        }
        if !self.terminate {
            return Ok(Exit::Done);
        }
        let left: Vec<MachineId> = past
            .iter()
            .filter(|machine| machine.observed.as_deref().is_some_and(|state| !matches!(state, "gone" | "terminated")))
            .map(|machine| (machine.cloud.clone(), machine.instance_id.clone()))
            .collect();
        if left.is_empty() {
            return Ok(Exit::Done);
        }
        // Nobody else may be raising what is terminated here.
        let _lock = context.state_with(&self.run.name)?.lock(recorded.row.id, &Owner::current())?;
        if !may_terminate(context, &left)? {
            return Ok(Exit::Changed);
        }
        let name = &recorded.run.name;
        terminate(context, &infrastructure, &left, &format!("hoist plan history --terminate {name}"))?;
        context
            .tell(&format!("the run's records follow with: hoist plan repair {name}, or hoist plan terminate {name}"));
        Ok(Exit::Done)
    }
}

/// Every machine in the journal, in order of launch.
fn machines(recorded: &LoadedRun) -> Vec<InstanceHistory> {
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

/// Fills in what the clouds show of these machines; gives the clouds that could not be asked.
async fn ask(infrastructure: &LiveInfrastructure, past: &mut [InstanceHistory]) -> Vec<(String, CloudError)> {
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
