use serde::{Deserialize, Serialize};

/// The way in which machines are taken out of the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrainMode {
    /// A machine stops accepting, its jobs run to their end, then it is ended. Above a maximum, busy machines are
    /// drained as well if their drain spares the jobs.
    #[default]
    Drain,
    /// Only a machine without a claim stops accepting. One that got a claim in between accepts again.
    IdleOnly,
    /// A machine that a fresh reading shows without a claim is ended at once: for pools that cannot drain.
    Now,
}
