//! The document of a run.

use serde::Serialize;

use super::outcome_view::OutcomeView;
use super::run_service_view::RunServiceView;
use crate::engine::Run;
use crate::plan::Attributes;
use crate::report::plan::LevelView;
use crate::report::schema_version::SchemaVersion;

/// The document of a run as it is recorded: that of its plan, with what became of each service. `hoist plan show RUN`
/// and the commands that raise, change or end a run have it; those say how they ended, besides.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunDocument<'a> {
    schema: SchemaVersion,
    /// The name of its plan.
    plan: &'a str,
    /// The run's name.
    run: &'a str,
    /// Its id, unique over all runs.
    id: &'a str,
    /// Where it stands, in a word.
    status: &'static str,
    /// In the order in which they are raised.
    levels: Vec<LevelView<'a, RunServiceView<'a>>>,
    /// How the command ended, where one worked on the run.
    #[serde(flatten)]
    outcome: Option<OutcomeView<'a>>,
}

impl<'a> RunDocument<'a> {
    /// Creates the document of the run; `is_held`: a process works on it.
    pub fn of(run: &'a Run, is_held: bool) -> Self {
        let attributes = Attributes::new(run.index(), run);
        let levels = run.plan.levels.iter().zip(run.levels()).map(|(level, range)| LevelView {
            number: level.number,
            name: &level.name,
            services: range.clone().map(|position| RunServiceView::of(run, position, &attributes)).collect(),
        });
        let levels = levels.collect();
        Self {
            schema: SchemaVersion,
            plan: &run.plan.name,
            run: &run.name,
            id: &run.id,
            status: run.status().word(is_held),
            levels,
            outcome: None,
        }
    }

    /// Adds the outcome of a command that has released the run.
    pub fn with_outcome(run: &'a Run, outcome: OutcomeView<'a>) -> Self {
        Self { outcome: Some(outcome), ..Self::of(run, false) }
    }
}
