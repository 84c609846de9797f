//! Outcome of a command on a run, in documents.

use std::time::Duration;

use serde::Serialize;

use super::ending_view::EndingView;
use super::run_ending::RunEnding;
use crate::engine::{AskedAgain, DriveResult, Run};

/// How a command ended that worked on a run.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OutcomeView<'a> {
    /// In a word: `up`, `unhealthy`, `unknown`, `failed`, `blocked`, `gone`, `remains` or `stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Who was asked again what there is of a run that had ended before.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_again: Option<AskedAgainView<'a>>,
    /// How long the command took, in seconds.
    seconds: f64,
    /// True where nothing was real but decisions and files.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    /// How long a dry run would have taken on a cloud as fast as EC2, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    simulated_seconds: Option<f64>,
    #[serde(flatten)]
    ending: EndingView<'a>,
}

/// Who was asked again.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AskedAgainView<'a> {
    /// The clouds, as the plan names them.
    clouds: &'a [String],
    /// How many machines of the run they showed, all of which are terminated; null where not all could be asked or
    /// ended.
    machines: Option<usize>,
}

impl<'a> OutcomeView<'a> {
    /// Creates the view of a command that ended with this word.
    pub fn new(outcome: &'static str, run: &'a Run, halt: DriveResult, ending: &'a RunEnding) -> Self {
        Self { outcome: Some(outcome), ..Self::unnamed(run, halt, ending, ending.took) }
    }

    /// Adds the tear-down of a run that had ended before.
    #[must_use]
    pub fn asked_again(self, asked: &'a AskedAgain) -> Self {
        Self { asked_again: Some(AskedAgainView { clouds: &asked.clouds, machines: asked.machines }), ..self }
    }

    /// Creates the view of a dry run, with its real duration and the `simulated` one.
    pub fn of_dry_run(
        run: &'a Run,
        halt: DriveResult,
        ending: &'a RunEnding,
        simulated: Duration,
        took: Duration,
    ) -> Self {
        let simulated_seconds = Some(simulated.as_secs_f64());
        Self { dry_run: true, simulated_seconds, ..Self::unnamed(run, halt, ending, took) }
    }

    fn unnamed(run: &'a Run, halt: DriveResult, ending: &'a RunEnding, took: Duration) -> Self {
        Self {
            outcome: None,
            asked_again: None,
            seconds: took.as_secs_f64(),
            dry_run: false,
            simulated_seconds: None,
            ending: EndingView::of(run, halt, ending),
        }
    }
}
