//! Progress of an annex during a wait, in documents.

use serde::Serialize;

use crate::annex::Dollars;
use crate::report::schema_version::SchemaVersion;

/// One line of what a command that works on an annex writes with `-o jsonl`, before its document.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexEventLine<'a> {
    schema: SchemaVersion,
    /// The annex's name.
    annex: &'a str,
    #[serde(flatten)]
    event: &'a AnnexProgressEvent,
}

/// What is new.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum AnnexProgressEvent {
    /// The cloud has taken the request.
    Asked,
    /// What the cloud shows of the whole.
    Seen {
        /// `changing`, `settled`, `failed`, `deleting` or `delete-failed`.
        state: &'static str,
        /// Why it failed, or what has failed already in a change that is under way.
        reason: Option<String>,
    },
    /// How many of the instances run.
    Running {
        /// So many do.
        running: usize,
        /// So many are to.
        wanted: u32,
    },
    /// Spot has no capacity for instances of a pool: they are bought on demand instead.
    FellBack {
        /// The pool, from 0.
        pool: usize,
        /// How many instances.
        count: u32,
        /// What each costs an hour, in US dollars; null where nobody said it.
        price_per_hour: Option<Dollars>,
        /// What the cloud said.
        said: String,
    },
    /// Deleting again, without what could not be deleted.
    DeletingAgain {
        /// What is left out.
        retain: Vec<String>,
    },
    /// Nothing is there; what was asked for may still appear.
    MayAppear,
    /// Things are still there.
    Remains {
        /// How many.
        count: usize,
        /// Which: the kind of each, and the cloud's id.
        names: Vec<String>,
    },
    /// How many of the instances are in the pool.
    Joined {
        /// So many are.
        joined: usize,
        /// So many are to be.
        wanted: usize,
    },
    /// The pool does not answer now, and is waited for.
    PoolNotReachable {
        /// What HTCondor says.
        said: String,
    },
    /// An instance says or logs why it is not in the pool.
    NotJoined {
        /// Its id.
        instance: String,
        /// `not-allowed`, `not-authenticated`, `not-resolved`, `not-reachable-now`, `not-configured` or `other`.
        kind: &'static str,
        /// What it says.
        said: String,
    },
    /// An instance takes no more jobs, or is not in the pool at all.
    Draining {
        /// Its id.
        instance: String,
        /// Whether the pool knows it.
        in_pool: bool,
    },
    /// An instance is told to run the command that drains its pilot.
    Retiring {
        /// Its id.
        instance: String,
    },
    /// Instances have left the pool, and end.
    Released {
        /// Their ids.
        instances: Vec<String>,
    },
}

impl<'a> AnnexEventLine<'a> {
    /// Creates the line of an event of this annex.
    pub(super) fn new(annex: &'a str, event: &'a AnnexProgressEvent) -> Self {
        Self { schema: SchemaVersion, annex, event }
    }
}
