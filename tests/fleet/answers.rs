//! How a source of work answers.

use hoist::elastic::engine::{Reading, Seconds};

/// How the pool answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Mood {
    #[default]
    Fresh,
    Stale(Seconds),
    Failed,
}

/// What the source tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Tells {
    /// All that a pool tells; it drains machines.
    #[default]
    Pool,
    /// The number of waiting jobs alone.
    Waiting,
    /// That, and the number of jobs that run.
    Running,
    /// That, and which machines are busy; it drains none.
    Hosts,
    /// That there are no machines, which is wrong.
    NoHosts,
}

/// Returns a part of an answer.
pub(crate) fn reading<T>(mood: Mood, wanted: bool, value: T) -> Reading<T> {
    match mood {
        _ if !wanted => Reading::Unread,
        Mood::Fresh => Reading::Fresh { value },
        Mood::Stale(age) => Reading::Stale { value, age },
        Mood::Failed => Reading::Failed { reason: "the pool does not answer".into() },
    }
}
