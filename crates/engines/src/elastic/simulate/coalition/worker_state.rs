use serde::Serialize;

/// The state of a worker in the server's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum WorkerState {
    Starting,
    Working,
    Waiting,
    Timeout,
    Terminated,
}
