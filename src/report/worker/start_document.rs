use jiff::Timestamp;
use serde::Serialize;

use super::started_worker::StartedWorker;
use crate::report::schema_version::SchemaVersion;
use crate::report::time::{age, duration};
use crate::report::{Cell, Style, printable, table};
use crate::scaler::FleetName;

/// The document of `hoist worker start`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StartDocument<'a> {
    schema: SchemaVersion,
    /// The fleet.
    fleet: &'a str,
    /// `started`: all are launched; `partly`: some are; `failed`: none is; `would_start`: it is a dry run; `declined`:
    /// the user said no.
    outcome: &'static str,
    /// Number of workers that were asked for.
    asked: u32,
    /// The workers.
    workers: Vec<StartedWorkerView<'a>>,
}

/// A worker that was asked for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StartedWorkerView<'a> {
    /// Its name in the fleet.
    name: &'a str,
    /// The cloud's id. Null: the cloud launched none.
    id: Option<&'a str>,
    /// Why the cloud launched none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// When its lease ends.
    expires_at: Option<Timestamp>,
    /// Its price for an hour. Null: unknown.
    price: Option<String>,
}

impl<'a> StartDocument<'a> {
    /// Creates the document of so many workers that were asked for.
    pub fn new(fleet: &'a FleetName, outcome: &'static str, asked: u32, workers: &'a [StartedWorker]) -> Self {
        let workers = workers.iter().map(StartedWorkerView::of).collect();
        Self { schema: SchemaVersion, fleet: fleet.as_str(), outcome, asked, workers }
    }
}

impl<'a> StartedWorkerView<'a> {
    fn of(started: &'a StartedWorker) -> Self {
        let worker = started.launched.as_ref().ok();
        Self {
            name: &started.name,
            id: worker.map(|worker| worker.id.as_str()),
            error: started.launched.as_ref().err().map(String::as_str),
            expires_at: worker.map(|worker| worker.expires_at),
            price: worker.and_then(|worker| worker.price).map(|price| price.to_string()),
        }
    }
}

/// Renders workers that were started for people, as of `now`.
pub fn started_human(workers: &[StartedWorker], now: Timestamp, style: Style) -> String {
    let titles = ["WORKER", "ID", "LEASE", "PRICE"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    for worker in workers {
        let cells = match &worker.launched {
            Ok(launched) => [
                launched.id.to_string(),
                duration(age(now, launched.expires_at)),
                launched.price.map_or_else(|| "-".to_owned(), |price| format!("${price}/h")),
            ],
            Err(why) => [format!("not launched: {}", printable(why)), String::new(), String::new()],
        };
        rows.push(std::iter::once(worker.name.clone()).chain(cells).map(Cell::from).collect());
    }
    table(0, &rows)
}
