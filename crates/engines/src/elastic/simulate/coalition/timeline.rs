use serde::Deserialize;

use crate::elastic::engine::Seconds;

/// A scripted event.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum Entry {
    /// The cloud takes machines back.
    Preempt {
        at: Seconds,
        #[serde(default = "oldest")]
        which: String,
        #[serde(default = "one")]
        count: usize,
    },
    /// The server stops and starts again.
    Restart {
        at: Seconds,
        #[serde(default)]
        down: Seconds,
    },
    /// The launch command fails.
    LaunchDown { at: Seconds, r#for: Seconds },
    /// The web page is asked for.
    UiRequest { at: Seconds },
}

impl Entry {
    /// Returns the time of the event.
    pub(super) fn at(&self) -> Seconds {
        match self {
            Entry::Preempt { at, .. }
            | Entry::Restart { at, .. }
            | Entry::LaunchDown { at, .. }
            | Entry::UiRequest { at } => *at,
        }
    }
}

fn oldest() -> String {
    "oldest".into()
}

fn one() -> usize {
    1
}
