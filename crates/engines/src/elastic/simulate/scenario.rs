use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::coalition::CoalitionScenario;
use super::elastiq::ElastiqScenario;
use super::epu::EpuScenario;
use super::scenario_error::ScenarioError;
use crate::elastic::engine::Seconds;

/// Longest simulation in seconds: about three years.
const LONGEST: Seconds = 100_000_000;
/// Most jobs of a scenario.
const MOST_JOBS: u64 = 1_000_000_000;
/// Most jobs of a scenario whose server keeps each of them.
const MOST_SUBMISSIONS: u64 = 10_000_000;

/// A scenario file.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its identity.
    pub id: String,
    /// The engine that it was recorded with.
    pub engine: String,
    /// Last second, inclusive.
    pub duration: Seconds,
    /// Whether the original did here what a successor should not do: then protections are on.
    pub quirk: bool,
    /// The world.
    pub system: System,
    /// Properties that a successor's trace must have.
    pub want: Value,
    /// The recorded trace.
    pub expect: Value,
    /// Recorded traces of the original with repairs.
    pub alternatives: Value,
}

/// The world of a scenario.
#[derive(Clone, Debug)]
pub enum System {
    /// A cloud, an HTCondor pool and a daemon that polls both.
    Elastiq(Box<ElastiqScenario>),
    /// A provisioner and a controller that pulses.
    Epu(Box<EpuScenario>),
    /// A job server that starts its own workers.
    Coalition(Box<CoalitionScenario>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    id: String,
    engine: String,
    #[serde(default, rename = "title")]
    _title: Value,
    #[serde(default, rename = "tags")]
    _tags: BTreeSet<String>,
    duration: Seconds,
    config: Value,
    #[serde(default)]
    workload: Value,
    #[serde(default)]
    sensor: Value,
    #[serde(default)]
    cloud: Value,
    #[serde(default)]
    timeline: Value,
    #[serde(default)]
    ui_every: Value,
    #[serde(default)]
    tz: Option<String>,
    #[serde(default)]
    quirk: Option<String>,
    #[serde(default)]
    want: Value,
    #[serde(default)]
    expect: Value,
    #[serde(default)]
    alternatives: Value,
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// The text is no JSON object of the format, has an unknown key, or a value out of range.
    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let document: Document = serde_json::from_str(text).map_err(ScenarioError::Syntax)?;
        let id = document.id;
        let out_of_range = |key, value: String, expected| ScenarioError::Value { id: id.clone(), key, value, expected };
        if document.format != 1 {
            return Err(out_of_range("format", document.format.to_string(), "1"));
        }
        if !(0..=LONGEST).contains(&document.duration) {
            return Err(out_of_range("duration", document.duration.to_string(), "seconds from 0 to 100000000"));
        }
        // Ages are counted in UTC: the zone of a server changes nothing.
        let _ = document.tz;
        let part = |part| {
            let id = id.clone();
            move |source| ScenarioError::Part { id, part, source }
        };
        let system = match document.engine.as_str() {
            "elastiq" => System::Elastiq(Box::new(ElastiqScenario {
                config: read(document.config, part("config"))?,
                workload: read_part(document.workload, part("workload"))?,
                cloud: read_part(document.cloud, part("cloud"))?,
                timeline: read_list(document.timeline, part("timeline"))?,
            })),
            "npreserving" | "queuelen" => System::Epu(Box::new(EpuScenario {
                config: read(document.config, part("config"))?,
                sensor: read_list(document.sensor, part("sensor"))?,
                cloud: read_part(document.cloud, part("cloud"))?,
                timeline: read_list(document.timeline, part("timeline"))?,
            })),
            "coalition" => System::Coalition(Box::new(CoalitionScenario {
                config: read(document.config, part("config"))?,
                workload: read_part(document.workload, part("workload"))?,
                cloud: read_part(document.cloud, part("cloud"))?,
                timeline: read_list(document.timeline, part("timeline"))?,
                ui_every: read(document.ui_every, part("ui_every"))?,
            })),
            other => {
                return Err(out_of_range("engine", other.into(), "elastiq, npreserving, queuelen or coalition"));
            }
        };
        let (jobs, most) = match &system {
            System::Elastiq(world) => (world.workload.jobs(), MOST_JOBS),
            System::Coalition(world) => (world.workload.jobs(), MOST_SUBMISSIONS),
            System::Epu(_) => (0, 0),
        };
        if jobs > most {
            return Err(out_of_range(
                "workload.jobs",
                jobs.to_string(),
                "at most a thousand million jobs, of coalition ten million",
            ));
        }
        Ok(Scenario {
            engine: document.engine,
            duration: document.duration,
            quirk: document.quirk.is_some(),
            system,
            want: document.want,
            expect: document.expect,
            alternatives: document.alternatives,
            id,
        })
    }
}

fn read<T: for<'de> Deserialize<'de>>(
    value: Value,
    error: impl FnOnce(serde_json::Error) -> ScenarioError,
) -> Result<T, ScenarioError> {
    T::deserialize(value).map_err(error)
}

/// Reads a part; absent or null is its default.
fn read_part<T: Default + for<'de> Deserialize<'de>>(
    value: Value,
    error: impl FnOnce(serde_json::Error) -> ScenarioError,
) -> Result<T, ScenarioError> {
    Ok(Option::<T>::deserialize(value).map_err(error)?.unwrap_or_default())
}

/// Reads a list; absent or null is empty.
fn read_list<T: for<'de> Deserialize<'de>>(
    value: Value,
    error: impl FnOnce(serde_json::Error) -> ScenarioError,
) -> Result<Vec<T>, ScenarioError> {
    Ok(Option::<Vec<T>>::deserialize(value).map_err(error)?.unwrap_or_default())
}
