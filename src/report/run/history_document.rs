//! The document of all instances of a run, past and present.

use jiff::Timestamp;
use serde::Serialize;

use crate::report::schema_version::SchemaVersion;
use crate::report::time::{age, duration, local};
use crate::report::{Cell, Style, table};

/// An instance of a run, past or present.
pub struct InstanceHistory {
    /// Service it was launched for.
    pub service: String,
    /// Name of the cloud in the plan.
    pub cloud: String,
    /// Id of the instance.
    pub instance_id: String,
    /// Address of the instance.
    pub address: Option<String>,
    /// Time of the launch request.
    pub launched_at: Timestamp,
    /// Time of termination or loss.
    pub ended_at: Option<Timestamp>,
    /// Last recorded state.
    pub fate: String,
    /// State now shown by the cloud, if it was asked.
    pub observed: Option<String>,
}

/// The document of `hoist plan history`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HistoryDocument<'a> {
    schema: SchemaVersion,
    /// The run's name.
    run: &'a str,
    /// In the order in which they were asked for.
    machines: Vec<PastInstanceView<'a>>,
}

/// A machine of a run, past or present.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PastInstanceView<'a> {
    /// The service it was launched for.
    service: &'a str,
    /// The cloud's name in the plan.
    cloud: &'a str,
    /// Its id.
    instance_id: &'a str,
    /// The address it had.
    address: Option<&'a str>,
    /// When it was asked for.
    launched_at: Timestamp,
    /// When it was terminated or lost.
    ended_at: Option<Timestamp>,
    /// The last that is recorded of it.
    recorded: &'a str,
    /// What its cloud shows now, if it was asked.
    observed: Option<&'a str>,
}

impl<'a> HistoryDocument<'a> {
    /// Creates the document of all instances of the run.
    pub fn new(run: &'a str, past: &'a [InstanceHistory]) -> Self {
        let machines = past.iter().map(|machine| PastInstanceView {
            service: &machine.service,
            cloud: &machine.cloud,
            instance_id: &machine.instance_id,
            address: machine.address.as_deref(),
            launched_at: machine.launched_at,
            ended_at: machine.ended_at,
            recorded: &machine.fate,
            observed: machine.observed.as_deref(),
        });
        Self { schema: SchemaVersion, run, machines: machines.collect() }
    }
}

/// Formats the instances for people.
pub fn history_human(past: &[InstanceHistory], now: Timestamp, style: Style) -> String {
    if past.is_empty() {
        return "no machine was ever launched for this run\n".to_owned();
    }
    let titles = ["SERVICE", "INSTANCE", "CLOUD", "LAUNCHED", "LIVED", "RECORDED", "NOW"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    for machine in past {
        let now_shown = machine.observed.as_deref().unwrap_or("-");
        rows.push(vec![
            machine.service.clone().into(),
            machine.instance_id.clone().into(),
            machine.cloud.clone().into(),
            local(machine.launched_at).into(),
            duration(age(machine.launched_at, machine.ended_at.unwrap_or(now))).into(),
            machine.fate.clone().into(),
            Cell::painted(now_shown, style.state(now_shown)),
        ]);
    }
    table(0, &rows)
}
