//! The document of records that are or would be forgotten.

use jiff::Timestamp;
use serde::Serialize;

use super::schema_version::SchemaVersion;
use super::time::{age, duration};
use super::{Cell, Style, table};

/// An ended run or annex.
pub struct Pruned {
    /// Name of the run or the annex.
    pub name: String,
    /// Tag that is unique among those of the same name.
    pub tag: String,
    /// Plan of a run, or size of an annex.
    pub what: String,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of its end.
    pub ended_at: Timestamp,
}

/// The document of `hoist plan prune` and `hoist annex prune`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PrunedDocument<'a> {
    schema: SchemaVersion,
    /// What was found.
    pruned: Vec<PrunedView<'a>>,
    /// Whether it was forgotten.
    forgotten: bool,
}

/// A run or an annex that has ended.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PrunedView<'a> {
    #[serde(flatten)]
    name: PrunedName<'a>,
    /// Tells it from others of its name.
    tag: &'a str,
    /// When it was created.
    created_at: Timestamp,
    /// When it ended.
    ended_at: Timestamp,
}

/// What is forgotten, by its name.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PrunedName<'a> {
    /// The name of a run.
    Run(&'a str),
    /// The name of an annex.
    Annex(&'a str),
}

impl<'a> PrunedDocument<'a> {
    /// Creates the document of ended runs.
    pub fn of_runs(pruned: &'a [Pruned], forgotten: bool) -> Self {
        Self::new(pruned, forgotten, PrunedName::Run)
    }

    /// Creates the document of ended annexes.
    pub fn of_annexes(pruned: &'a [Pruned], forgotten: bool) -> Self {
        Self::new(pruned, forgotten, PrunedName::Annex)
    }

    fn new(pruned: &'a [Pruned], forgotten: bool, named: impl Fn(&'a str) -> PrunedName<'a>) -> Self {
        let view = |pruned: &'a Pruned| PrunedView {
            name: named(&pruned.name),
            tag: &pruned.tag,
            created_at: pruned.created_at,
            ended_at: pruned.ended_at,
        };
        Self { schema: SchemaVersion, pruned: pruned.iter().map(view).collect(), forgotten }
    }
}

/// Formats the records for people, before the question.
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
