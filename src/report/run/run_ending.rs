//! Details of the end of a command that are not in the run's record.

use std::time::Duration;

use crate::engine::{Failure, Remain};

/// Details of the end of a command that are not in the run's record.
#[derive(Clone, Debug, Default)]
pub struct RunEnding {
    /// Remaining resources other than the services' instances.
    pub remains: Vec<Remain>,
    /// Failures with a local cause, by service.
    pub blocked: Vec<(String, Failure)>,
    /// Failed terminate programs, by service.
    pub farewells: Vec<(String, Failure)>,
    /// Services that are ready by the record alone.
    pub unproved: Vec<String>,
    /// Those of `unproved` whose instance is gone, with the reason.
    pub gone: Vec<(String, String)>,
    /// Those of `unproved` whose cloud gave no answer, with the reason.
    pub unknown: Vec<(String, String)>,
    /// Number of workers of the run's fleets that were ended.
    pub workers: usize,
    /// Duration of the command.
    pub took: Duration,
}
