//! The workload of a scenario file, for worlds other than the one that it was recorded in.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::Value as Json;

use super::input_error::{Fault, InputError, Place};
use super::job::JobClass;
use super::needs::Needs;
use super::workload::Workload;
use super::workload_builder::WorkloadBuilder;
use crate::elastic::engine::{ElastiqConfig, Seconds};
use crate::elastic::simulate::{Scenario, ScenarioError, System};

/// Largest length of a queue that becomes jobs.
const LONGEST_QUEUE: Seconds = 100_000;

/// Time in seconds to the pool of a machine that never joins in the scenario: faults are left to the scenario's world.
const SLOW_JOIN: Seconds = 120;

/// The part of a scenario that is no workload: how long it lasts, its machines, and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioSetup {
    /// Last second.
    pub duration: Seconds,
    /// Number of slots of a machine, with one processor each.
    pub slots: u32,
    /// Time from the launch of a machine to its running, in seconds.
    pub pending: Seconds,
    /// Time from there to the pool, in seconds.
    pub join: Seconds,
    /// The settings of the elastiq engine, or those that come nearest to the settings of another one.
    pub elastiq: ElastiqConfig,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    workload: Option<Jobs>,
    #[serde(default)]
    sensor: Option<Vec<(Seconds, Seconds)>>,
    #[serde(default)]
    config: Json,
    #[serde(default)]
    cloud: Json,
}

#[derive(Default, Deserialize)]
struct Jobs {
    #[serde(default)]
    jobs: Vec<Batch>,
}

#[derive(Deserialize)]
struct Batch {
    at: Seconds,
    #[serde(default = "one")]
    count: u64,
    #[serde(default)]
    run: Seconds,
    #[serde(default = "yes")]
    runnable: bool,
    #[serde(default)]
    is_group: bool,
    #[serde(default)]
    paused: bool,
    #[serde(default)]
    affinity: Option<String>,
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

fn parse(text: &str) -> Result<(Scenario, Document), InputError> {
    let scenario = Scenario::parse(text)?;
    let document = serde_json::from_str(text).map_err(ScenarioError::Syntax)?;
    Ok((scenario, document))
}

/// Reads the jobs of a scenario, each of which takes one processor. What is scripted beside is left out.
///
/// The lengths of queuelen's queue become jobs that arrive where it rises and run until it falls, first come first
/// served: with a machine for each of them at once, as many jobs would be there as the queue was long.
pub(super) fn read_scenario(text: &str) -> Result<Workload, InputError> {
    let (scenario, document) = parse(text)?;
    let mut builder = WorkloadBuilder::default();
    let fault = |position: usize| move |fault: Fault| InputError::at(Place::Record(position + 1), fault);
    match (document.workload, document.sensor) {
        (Some(workload), _) => {
            for (position, batch) in workload.jobs.iter().enumerate() {
                add(&mut builder, batch).map_err(fault(position))?;
            }
        }
        (None, Some(sensor)) => {
            let class = builder.class(&JobClass::default()).map_err(fault(0))?;
            for (position, (at, run)) in stays(&sensor, scenario.duration).into_iter().enumerate() {
                builder.add(at, run, 1, class).map_err(fault(position))?;
            }
        }
        (None, None) => return Err(InputError::NoWorkload { engine: scenario.engine }),
    }
    Ok(builder.finish())
}

/// Returns arrival and run time of the jobs whose number the lengths of a queue are.
fn stays(sensor: &[(Seconds, Seconds)], end: Seconds) -> Vec<(Seconds, Seconds)> {
    let (mut present, mut stays) = (VecDeque::new(), Vec::new());
    for (at, length) in sensor {
        let length = usize::try_from((*length).clamp(0, LONGEST_QUEUE)).unwrap_or(0);
        while present.len() > length {
            stays.extend(present.pop_front().map(|since| (since, at - since)));
        }
        present.resize(length, *at);
    }
    stays.extend(present.into_iter().map(|since| (since, end.saturating_sub(since).max(0))));
    stays
}

fn add(builder: &mut WorkloadBuilder, batch: &Batch) -> Result<(), Fault> {
    if batch.is_group {
        builder.leave_out("groups of jobs", batch.count);
        return Ok(());
    }
    if batch.paused {
        builder.leave_out("paused", batch.count);
        return Ok(());
    }
    let impossible = !batch.runnable || batch.affinity.as_ref().is_some_and(|affinity| !affinity.is_empty());
    let needs = Needs { requirements: impossible.then(|| "false".into()), ..Needs::default() };
    let class = builder.class(&JobClass { needs, ..JobClass::default() })?;
    builder.add(batch.at, batch.run, batch.count, class)
}

/// Reads the setup of a scenario.
///
/// # Errors
/// The text is no scenario.
pub fn scenario_setup(text: &str) -> Result<ScenarioSetup, InputError> {
    let (scenario, document) = parse(text)?;
    let cloud = |pointer: &str| document.cloud.pointer(pointer).and_then(Json::as_i64);
    let setting = |pointer: &str| {
        let value = document.config.pointer(pointer)?;
        value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
    };
    let setup = match &scenario.system {
        System::Elastiq(world) => {
            let elastiq = world.config.engine();
            let slots = cloud("/slots_per_vm").unwrap_or(elastiq.jobs_per_machine);
            let (pending, join) = (cloud("/boot/pending").unwrap_or(0), cloud("/boot/join").unwrap_or(SLOW_JOIN));
            (slots, pending, join, elastiq)
        }
        System::Coalition(_) => {
            let default = ElastiqConfig::default();
            let maximum = setting("/coalition/workerinstancemax").unwrap_or(default.maximum);
            let idle_for = setting("/coalition/workerinstanceminimumlifetime").unwrap_or(900);
            let elastiq = ElastiqConfig { jobs_per_machine: 1, idle_for, maximum, ..default };
            (1, 0, cloud("/boot/boot").unwrap_or(SLOW_JOIN), elastiq)
        }
        System::Epu(_) => {
            let states = document.cloud.pointer("/states").and_then(Json::as_array);
            let reached = |name: &str| {
                let state = states?.iter().find(|state| state.get(1).and_then(Json::as_str) == Some(name))?;
                state.get(0).and_then(Json::as_i64)
            };
            let pending = reached("STARTED").unwrap_or(0);
            let join = reached("RUNNING").map_or(SLOW_JOIN, |running| running.saturating_sub(pending));
            let minimum = setting("/min_instances").unwrap_or(0);
            // The original has no maximum: as many machines as the longest queue fills.
            let longest = document.sensor.iter().flatten().map(|(_, length)| *length).max().unwrap_or(0);
            let maximum = minimum.max(longest.saturating_add(3) / 4);
            let elastiq = ElastiqConfig { jobs_per_machine: 4, minimum, maximum, ..ElastiqConfig::default() };
            (4, pending, join, elastiq)
        }
    };
    let (slots, pending, join, elastiq) = setup;
    Ok(ScenarioSetup {
        duration: scenario.duration,
        slots: u32::try_from(slots.clamp(1, 1 << 20)).unwrap_or(1),
        pending: pending.max(0),
        join: join.max(0),
        elastiq,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELASTIQ: &str = r#"{"format": 1, "id": "a", "engine": "elastiq", "duration": 900,
        "config": {"elastiq": {"n_jobs_per_vm": 4}, "quota": {"max_vms": 5}},
        "workload": {"jobs": [{"at": 60, "count": 3, "run": 200}, {"at": 5, "run": 1, "runnable": false}]},
        "cloud": {"boot": {"pending": 40, "join": 60}}, "timeline": []}"#;

    #[test]
    fn jobs_and_setup_of_an_elastiq_scenario() {
        let workload = read_scenario(ELASTIQ).unwrap();
        assert_eq!(
            workload.jobs.iter().map(|job| (job.at, job.run)).collect::<Vec<_>>(),
            [(5, 1), (60, 200), (60, 200), (60, 200)]
        );
        assert_eq!(workload.classes[1].needs.requirements.as_deref(), Some("false"));
        let setup = scenario_setup(ELASTIQ).unwrap();
        assert_eq!((setup.duration, setup.slots, setup.pending, setup.join), (900, 4, 40, 60));
        assert_eq!((setup.elastiq.minimum, setup.elastiq.maximum), (0, 5));
    }

    #[test]
    fn the_length_of_a_queue_becomes_jobs() {
        let text = r#"{"format": 1, "id": "q", "engine": "queuelen", "duration": 900, "config":
            {"queuelen_high_water": 50, "queuelen_low_water": 10, "min_instances": "2"}, 
            "sensor": [[0, 3], [60, 1], [90, 5]],
            "cloud": {"states": [[1, "REQUESTED"], [30, "STARTED"], [90, "RUNNING"]]}}"#;
        let workload = read_scenario(text).unwrap();
        let jobs: Vec<_> = workload.jobs.iter().map(|job| (job.at, job.run)).collect();
        assert_eq!(jobs, [(0, 60), (0, 60), (0, 900), (90, 810), (90, 810), (90, 810), (90, 810)]);
        let setup = scenario_setup(text).unwrap();
        assert_eq!((setup.pending, setup.join, setup.elastiq.minimum, setup.elastiq.maximum), (30, 60, 2, 2));
    }
}
