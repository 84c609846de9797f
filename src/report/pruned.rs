//! What is forgotten, or would be.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time::{age, duration};
use super::{Cell, Style, table};

/// A run or an annex that has ended.
pub struct Pruned {
    /// The name of the run or the annex.
    pub name: String,
    /// Tells it from others of its name.
    pub tag: String,
    /// What it was: the plan of a run, the size of an annex.
    pub what: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// The document of the commands that forget.
pub fn pruned_json(noun: &str, pruned: &[Pruned], forgotten: bool) -> Value {
    let listed: Vec<Value> = pruned
        .iter()
        .map(|pruned| {
            json!({
                noun: pruned.name,
                "tag": pruned.tag,
                "created_at": pruned.created_at.to_string(),
                "ended_at": pruned.ended_at.to_string(),
            })
        })
        .collect();
    json!({ "schema": 1, "pruned": listed, "forgotten": forgotten })
}

/// The same for people, before they are asked.
pub fn pruned_human(title: &str, pruned: &[Pruned], now: Timestamp, style: Style) -> String {
    if pruned.is_empty() {
        return String::new();
    }
    let titles = [title, "ID", "WAS", "ENDED"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    rows.extend(pruned.iter().map(|pruned| {
        vec![
            pruned.name.clone().into(),
            pruned.tag.clone().into(),
            pruned.what.clone().into(),
            format!("{} ago", duration(age(pruned.ended_at, now))).into(),
        ]
    }));
    table(0, &rows)
}
