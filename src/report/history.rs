//! The machines that a run ever had.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time::{age, duration, local};
use super::{Cell, Style, table};

/// A machine of a run, past or present.
pub struct InstanceHistory {
    /// The service it was launched for.
    pub service: String,
    /// The cloud's name in the plan.
    pub cloud: String,
    /// Its id.
    pub instance_id: String,
    /// The address it had.
    pub address: Option<String>,
    /// When it was asked for.
    pub launched_at: Timestamp,
    /// When it was terminated or lost.
    pub ended_at: Option<Timestamp>,
    /// The last that is recorded of it.
    pub fate: String,
    /// What its cloud shows now, if it was asked.
    pub observed: Option<String>,
}

/// The document of `plan history`.
pub fn history_json(run: &str, past: &[InstanceHistory]) -> Value {
    let machines: Vec<Value> = past
        .iter()
        .map(|machine| {
            json!({
                "service": machine.service,
                "cloud": machine.cloud,
                "instance_id": machine.instance_id,
                "address": machine.address,
                "launched_at": machine.launched_at.to_string(),
                "ended_at": machine.ended_at.map(|at| at.to_string()),
                "recorded": machine.fate,
                "observed": machine.observed,
            })
        })
        .collect();
    json!({ "schema": 1, "run": run, "machines": machines })
}

/// The same for people.
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
