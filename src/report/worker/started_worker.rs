use crate::scaler::Worker;

/// A worker that a person asked for, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StartedWorker {
    /// Its name in the fleet.
    pub name: String,
    /// The worker, or why the cloud launched none.
    pub launched: Result<Worker, String>,
}
