use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limit::Limit;
use super::seconds::Seconds;

/// Why jobs of a group do not run on machines of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "misfit", rename_all = "snake_case", deny_unknown_fields)]
pub enum Misfit {
    /// A part of a requirement is not true.
    Clause {
        /// Whether the requirement is the job's; otherwise it is the machine's (`START`).
        of_job: bool,
        /// The part.
        clause: String,
        /// The attributes that it reads, with their values.
        values: Vec<(String, String)>,
    },
    /// A job asks for more of a resource than an empty slot has.
    Resource {
        /// The resource.
        resource: String,
        /// What a job takes.
        asked: i64,
        /// What the largest slot has.
        offered: i64,
    },
    /// A job is known to run longer than a machine lives.
    Lifetime {
        /// The job's run time in seconds.
        run_time: Seconds,
        /// The machine's life in seconds.
        lifetime: Seconds,
    },
    /// A requirement cannot be evaluated outside of HTCondor.
    Unknown {
        /// The part that cannot.
        clause: String,
        /// What it needs.
        needs: String,
    },
    /// The kind has no slots.
    NoSlots,
}

/// Why jobs of a group do not run on machines of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindMisfit {
    /// The kind.
    pub kind: Arc<str>,
    /// The reason.
    pub reason: Misfit,
}

/// The fate of waiting jobs in a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fate {
    /// There is free room for them in the pool.
    Running,
    /// There will be room on machines that are on their way.
    Coming,
    /// There is room on draining machines, whose drains are cancelled.
    DrainCancelled,
    /// Machines of a kind are launched for them.
    New {
        /// The kind.
        kind: Arc<str>,
    },
    /// They would need new machines and have not waited for long enough.
    Young {
        /// Time from which machines are launched for them.
        until: Seconds,
    },
    /// They would need new machines, and a limit stands against it.
    Limited {
        /// The kind that fits best.
        kind: Arc<str>,
        /// The first limit that holds it back.
        by: Limit,
    },
    /// No kind of machine can run them.
    Unservable {
        /// The reason for each kind.
        kinds: Vec<KindMisfit>,
    },
    /// Whether a kind of machine can run them cannot be known here; nothing is launched on a guess.
    Unknown {
        /// The reason for each kind.
        kinds: Vec<KindMisfit>,
    },
}

/// Some jobs of a group with one fate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Number of jobs.
    pub jobs: u64,
    /// Their fate.
    pub fate: Fate,
}

/// The placement of a group of waiting jobs in a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// The group's identity.
    pub group: Arc<str>,
    /// Number of its jobs, hidden ones included.
    pub jobs: u64,
    /// Its jobs by fate.
    pub shares: Vec<Share>,
}
