//! The list of workers.

use jiff::Timestamp;
use serde::Serialize;

use super::listed_worker::{CloudSide, ListedWorker, ServerSide};
use crate::elastic::engine::Money;
use crate::report::elastic::phase_word;
use crate::report::schema_version::SchemaVersion;
use crate::report::time::{age, duration};
use crate::report::{Cell, Style, printable, table};

/// The document of `hoist worker list`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkersDocument<'a> {
    schema: SchemaVersion,
    /// The workers that are not known to be gone, by fleet.
    workers: Vec<ListedWorkerView<'a>>,
    /// Clouds and servers that did not answer, a sentence each.
    unknown: &'a [String],
}

/// A worker.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedWorkerView<'a> {
    /// Its fleet.
    fleet: &'a str,
    /// Its name in the fleet.
    name: &'a str,
    /// The cloud's id. Null: its launch has no answer yet.
    id: Option<&'a str>,
    /// By its fleet's records: `launching`, `starting`, `serving`, `draining`, `ending` or `terminating`.
    phase: &'static str,
    /// What the cloud shows. Null: it did not answer.
    cloud: Option<CloudSideView<'a>>,
    /// What the server tells. Null: it did not answer, or tells of no workers.
    server: Option<ServerSideView<'a>>,
    /// When its lease ends.
    expires_at: Timestamp,
    /// Its price for an hour. Null: unknown.
    price: Option<String>,
}

/// A cloud's answer on a worker.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CloudSideView<'a> {
    /// `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`, or `absent`: the cloud shows no such
    /// machine.
    state: &'static str,
    /// The address at which it is reached.
    address: Option<&'a str>,
    /// Its instance type.
    instance_type: Option<&'a str>,
    /// Its zone.
    zone: Option<&'a str>,
    /// Whether it is spot capacity. Null: the cloud does not show it.
    spot: Option<bool>,
    /// When it was launched.
    launched_at: Option<Timestamp>,
}

/// A server's answer on a worker.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerSideView<'a> {
    /// The server's own word, or `idle`, `busy` or `silent`; `absent`: it has no such worker.
    state: &'a str,
    /// Whether it is given jobs.
    active: Option<bool>,
    /// The address from which it asks for work.
    address: Option<&'a str>,
    /// The job that it had last.
    last_job: Option<i64>,
    /// When it last asked.
    pinged_at: Option<Timestamp>,
    /// Number of jobs that it finished.
    finished: Option<u64>,
    /// Number of jobs that failed on it.
    failed: Option<u64>,
}

impl<'a> WorkersDocument<'a> {
    /// Creates the document of these workers; `unknown` says what did not answer.
    pub fn new(workers: &'a [ListedWorker], unknown: &'a [String]) -> Self {
        Self { schema: SchemaVersion, workers: workers.iter().map(ListedWorkerView::of).collect(), unknown }
    }
}

impl<'a> ListedWorkerView<'a> {
    fn of(worker: &'a ListedWorker) -> Self {
        Self {
            fleet: worker.fleet.as_str(),
            name: &worker.name,
            id: worker.record.as_ref().ok().map(|record| record.id.as_str()),
            phase: worker.phase(),
            cloud: CloudSideView::of(&worker.cloud),
            server: ServerSideView::of(&worker.server),
            expires_at: worker.expires_at(),
            price: worker.price().map(|price| price.to_string()),
        }
    }
}

impl<'a> CloudSideView<'a> {
    fn of(cloud: &'a CloudSide) -> Option<Self> {
        match cloud {
            CloudSide::Unknown => None,
            CloudSide::Absent => Some(Self { state: "absent", ..Self::default() }),
            CloudSide::Shown { state, address, offer, launched_at } => Some(Self {
                state: state.as_str(),
                address: address.as_deref(),
                instance_type: offer.as_ref().and_then(|offer| offer.instance_type.as_deref()),
                zone: offer.as_ref().and_then(|offer| offer.zone.as_deref()),
                spot: offer.as_ref().map(|offer| offer.spot),
                launched_at: Some(*launched_at),
            }),
        }
    }
}

impl<'a> ServerSideView<'a> {
    fn of(server: &'a ServerSide) -> Option<Self> {
        match server {
            ServerSide::Unknown => None,
            ServerSide::Absent => Some(Self { state: "absent", ..Self::default() }),
            ServerSide::Told(told) => Some(Self {
                state: &told.state,
                active: Some(told.active),
                address: told.address.as_deref(),
                last_job: told.last_job,
                pinged_at: told.pinged_at,
                finished: told.finished,
                failed: told.failed,
            }),
        }
    }
}

impl ListedWorker {
    fn phase(&self) -> &'static str {
        self.record.as_ref().map_or("launching", |record| phase_word(record.phase))
    }

    fn expires_at(&self) -> Timestamp {
        self.record.as_ref().map_or_else(|intent| intent.expires_at, |record| record.expires_at)
    }

    fn price(&self) -> Option<Money> {
        self.record.as_ref().map_or_else(|intent| intent.price, |record| record.price)
    }
}

/// Renders the list for people, as of `now`.
pub fn workers_human(workers: &[ListedWorker], now: Timestamp, style: Style) -> String {
    let titles = ["WORKER", "ID", "STATE", "CLOUD", "ADDRESS", "SERVER", "LAST JOB", "PING", "PRICE", "LEASE"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    let dash = || "-".to_owned();
    for worker in workers {
        let (cloud, server) = (CloudSideView::of(&worker.cloud), ServerSideView::of(&worker.server));
        let word = |state: Option<&str>| match state {
            Some(state) => Cell::from(printable(state)),
            None => Cell::painted("unknown", style.warn("unknown")),
        };
        let told = server.as_ref();
        let address = cloud.as_ref().and_then(|cloud| cloud.address).or_else(|| told.and_then(|told| told.address));
        let lease = match worker.expires_at() > now {
            true => duration(age(now, worker.expires_at())),
            false => "over".to_owned(),
        };
        rows.push(vec![
            worker.name.clone().into(),
            worker.record.as_ref().map_or_else(|_| dash(), |record| record.id.to_string()).into(),
            worker.phase().into(),
            word(cloud.as_ref().map(|cloud| cloud.state)),
            address.map_or_else(dash, printable).into(),
            word(told.map(|told| told.state)),
            told.and_then(|told| told.last_job).map_or_else(dash, |job| job.to_string()).into(),
            told.and_then(|told| told.pinged_at)
                .map_or_else(dash, |at| format!("{} ago", duration(age(at, now))))
                .into(),
            worker.price().map_or_else(dash, |price| format!("${price}/h")).into(),
            lease.into(),
        ]);
    }
    table(0, &rows)
}
