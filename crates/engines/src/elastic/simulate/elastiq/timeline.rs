use serde::Deserialize;

use crate::elastic::engine::Seconds;

/// A scripted event.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum Entry {
    /// The daemon stops and starts again.
    Restart {
        at: Seconds,
        #[serde(default)]
        down: Seconds,
        #[serde(default)]
        lose_state: bool,
    },
    /// Machines vanish.
    Lose {
        at: Seconds,
        #[serde(default = "oldest")]
        which: String,
        #[serde(default = "one")]
        count: usize,
    },
    /// Machines go to `error`.
    Error {
        at: Seconds,
        #[serde(default = "oldest")]
        which: String,
        #[serde(default = "one")]
        count: usize,
    },
    /// Waiting jobs are removed: all, or so many.
    RemoveJobs {
        at: Seconds,
        #[serde(default)]
        count: Option<u64>,
    },
    /// The cloud does not answer.
    ApiDown { at: Seconds, r#for: Seconds },
    /// The cloud refuses launches.
    RunDown { at: Seconds, r#for: Seconds },
    /// The cloud refuses terminations.
    TerminateDown { at: Seconds, r#for: Seconds },
    /// `condor_status` fails.
    StatusDown { at: Seconds, r#for: Seconds },
    /// `condor_q` fails.
    QueueDown { at: Seconds, r#for: Seconds },
    /// Both fail.
    BatchDown { at: Seconds, r#for: Seconds },
}

impl Entry {
    /// Returns the time of the event.
    pub(super) fn at(&self) -> Seconds {
        match self {
            Entry::Restart { at, .. }
            | Entry::Lose { at, .. }
            | Entry::Error { at, .. }
            | Entry::RemoveJobs { at, .. }
            | Entry::ApiDown { at, .. }
            | Entry::RunDown { at, .. }
            | Entry::TerminateDown { at, .. }
            | Entry::StatusDown { at, .. }
            | Entry::QueueDown { at, .. }
            | Entry::BatchDown { at, .. } => *at,
        }
    }
}

fn oldest() -> String {
    "oldest".into()
}

fn one() -> usize {
    1
}
