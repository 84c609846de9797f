//! How a command ended, beside what the run tells.

use std::time::Duration;

use crate::engine::{Failure, Remain};

/// How a command ended, beside what the run tells.
#[derive(Clone, Debug, Default)]
pub struct RunEnding {
    /// What is left beside the services' machines.
    pub remains: Vec<Remain>,
    /// What could not be done for a reason that is on the operator's side, by service.
    pub blocked: Vec<(String, Failure)>,
    /// The terminate programs that failed, by service.
    pub farewells: Vec<(String, Failure)>,
    /// The services that are ready by the record alone.
    pub unproved: Vec<String>,
    /// Those of them whose instance is gone, and why.
    pub gone: Vec<(String, String)>,
    /// Those of them whose cloud could not say, and why.
    pub unknown: Vec<(String, String)>,
    /// How long it took.
    pub took: Duration,
}
