//! The list of runs.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::Summary;
use crate::report::schema_version::SchemaVersion;
use crate::report::time::{age, duration};
use crate::report::{Cell, Style, printable, table};

/// A run in the list.
pub struct RunSummary {
    /// Id of the run, unique over all runs.
    pub id: String,
    /// Name of the run.
    pub name: String,
    /// Name of its plan.
    pub plan: String,
    /// File of its plan.
    pub plan_file: PathBuf,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of the last record.
    pub updated_at: Timestamp,
    /// Time of its end.
    pub ended_at: Option<Timestamp>,
    /// Summary of its state.
    pub summary: Summary,
    /// Process that holds the run.
    pub held_by: Option<String>,
}

/// The document of `hoist plan list`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunsDocument<'a> {
    schema: SchemaVersion,
    /// In the order of their names.
    runs: Vec<ListedRunView<'a>>,
}

/// A run in the list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedRunView<'a> {
    /// Its id, where names may stand for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// The run's name.
    name: &'a str,
    /// Its plan's name.
    plan: &'a str,
    /// Its plan's file.
    plan_file: &'a Path,
    /// Where it stands, in a word.
    status: &'static str,
    /// How many services it has.
    services: usize,
    /// How many of them are ready.
    ready: usize,
    /// How many failed or were lost.
    failed: usize,
    /// How many instances exist, as far as is recorded.
    instances: usize,
    /// When it was created.
    created_at: Timestamp,
    /// When something was last recorded of it.
    updated_at: Timestamp,
    /// When it ended, if it did.
    ended_at: Option<Timestamp>,
    /// Who works on it now.
    held_by: Option<&'a str>,
}

impl<'a> RunsDocument<'a> {
    /// Creates the document of these runs, with their ids if names are ambiguous.
    pub fn new(runs: &'a [RunSummary], with_ids: bool) -> Self {
        let runs = runs.iter().map(|run| ListedRunView {
            id: with_ids.then_some(run.id.as_str()),
            name: &run.name,
            plan: &run.plan,
            plan_file: &run.plan_file,
            status: run.summary.status.word(run.held_by.is_some()),
            services: run.summary.services,
            ready: run.summary.ready,
            failed: run.summary.failed,
            instances: run.summary.instances,
            created_at: run.created_at,
            updated_at: run.updated_at,
            ended_at: run.ended_at,
            held_by: run.held_by.as_deref(),
        });
        Self { schema: SchemaVersion, runs: runs.collect() }
    }
}

/// Formats the list for people.
pub fn list_human(runs: &[RunSummary], now: Timestamp, with_ids: bool, style: Style) -> String {
    let titles = ["RUN", "STATUS", "READY", "INSTANCES", "AGE", "LAST EVENT", "PLAN", "FILE"];
    let mut head: Vec<Cell> = titles.map(|title| Cell::painted(title, style.dim(title))).into();
    if with_ids {
        head.insert(1, Cell::painted("ID", style.dim("ID")));
    }
    let mut rows = vec![head];
    for run in runs {
        let status = run.summary.status.word(run.held_by.is_some());
        let held = run
            .held_by
            .as_ref()
            .map(|holder| format!("  {}", style.warn(format!("held by {holder}"))))
            .unwrap_or_default();
        let file = printable(&run.plan_file.display().to_string());
        let mut row: Vec<Cell> = vec![
            run.name.clone().into(),
            Cell::painted(status, style.state(status)),
            format!("{}/{}", run.summary.ready, run.summary.services).into(),
            run.summary.instances.to_string().into(),
            duration(age(run.created_at, now)).into(),
            format!("{} ago", duration(age(run.updated_at, now))).into(),
            run.plan.clone().into(),
            format!("{file}{held}").into(),
        ];
        if with_ids {
            row.insert(1, run.id.clone().into());
        }
        rows.push(row);
    }
    table(0, &rows)
}
