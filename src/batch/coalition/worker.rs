use serde::Deserialize;

use super::affinity::Affinity;
use super::job::flag;

/// A worker as the server tells of it, as far as it is used. Its name is the identity of its machine.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Worker {
    pub(super) name: String,
    /// `WAITING`, `WORKING`, `TIMEOUT`, or in the server's own cloud mode `STARTING` or `TERMINATED`.
    pub(super) state: String,
    /// Whether it is given jobs.
    #[serde(default = "yes", deserialize_with = "flag")]
    pub(super) active: bool,
    /// The sets of properties that it has, a line each.
    #[serde(default)]
    affinity: Option<String>,
}

fn yes() -> bool {
    true
}

impl Worker {
    /// Whether it has made a request and is not ended.
    pub(super) fn is_member(&self) -> bool {
        !matches!(self.state.as_str(), "STARTING" | "TERMINATED")
    }

    pub(super) fn works(&self) -> bool {
        self.state == "WORKING"
    }

    /// Whether the server has lost contact with it.
    pub(super) fn is_silent(&self) -> bool {
        self.state == "TIMEOUT"
    }

    pub(super) fn affinities(&self) -> Vec<Affinity> {
        self.affinity.as_deref().map(Affinity::of_worker).unwrap_or_default()
    }
}
