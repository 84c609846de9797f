//! Runs at a glance.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time::{age, duration};
use super::{Cell, Style, printable, table};
use crate::engine::Summary;

/// A run in the list.
pub struct RunSummary {
    /// Its id, unique over all runs.
    pub id: String,
    /// The run's name.
    pub name: String,
    /// Its plan's name.
    pub plan: String,
    /// Its plan's file.
    pub plan_file: PathBuf,
    /// When it was created.
    pub created_at: Timestamp,
    /// When something was last recorded of it.
    pub updated_at: Timestamp,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// Where it stands.
    pub summary: Summary,
    /// Who works on it now.
    pub held_by: Option<String>,
}

/// The document of `plan list`; with their ids where names may stand for several.
pub fn list_json(runs: &[RunSummary], with_ids: bool) -> Value {
    let runs: Vec<Value> = runs
        .iter()
        .map(|run| {
            let mut document = json!({
                "name": run.name,
                "plan": run.plan,
                "plan_file": run.plan_file,
                "status": run.summary.status.word(run.held_by.is_some()),
                "services": run.summary.services,
                "ready": run.summary.ready,
                "failed": run.summary.failed,
                "instances": run.summary.instances,
                "created_at": run.created_at.to_string(),
                "updated_at": run.updated_at.to_string(),
                "ended_at": run.ended_at.map(|at| at.to_string()),
                "held_by": run.held_by,
            });
            if with_ids {
                document["id"] = json!(run.id);
            }
            document
        })
        .collect();
    json!({ "schema": 1, "runs": runs })
}

/// The same for people.
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
