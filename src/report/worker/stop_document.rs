use serde::Serialize;

use crate::report::schema_version::SchemaVersion;
use crate::scaler::{FleetName, Worker, WorkerPhase};

/// The document of `hoist worker stop`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StopDocument<'a> {
    schema: SchemaVersion,
    /// `stopped`: all are proved gone; `remains`: some are not; `nothing`: there was none to stop; `declined`: the user
    /// said no.
    outcome: &'static str,
    /// The workers.
    workers: Vec<StoppedWorkerView<'a>>,
}

/// A worker that was to be stopped.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StoppedWorkerView<'a> {
    /// Its fleet.
    fleet: &'a str,
    /// Its name in the fleet.
    name: &'a str,
    /// The cloud's id.
    id: &'a str,
    /// Whether the cloud shows that it is gone.
    gone: bool,
}

impl<'a> StopDocument<'a> {
    /// Creates the document of these workers, each with its fleet.
    pub fn new(outcome: &'static str, workers: &'a [(FleetName, Worker)]) -> Self {
        let view = |(fleet, worker): &'a (FleetName, Worker)| StoppedWorkerView {
            fleet: fleet.as_str(),
            name: &worker.name,
            id: worker.id.as_str(),
            gone: worker.phase == WorkerPhase::Gone,
        };
        Self { schema: SchemaVersion, outcome, workers: workers.iter().map(view).collect() }
    }
}
