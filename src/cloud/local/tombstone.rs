//! Entries of the ledger: instances that are being terminated, or gone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::provider::{Instance, InstanceState};

/// How long terminated instances are shown and their tokens remembered: an hour, as on EC2.
pub(super) const SHOWN_FOR: Duration = Duration::from_secs(3600);

/// An entry, written at the beginning and at the end of an instance's termination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tombstone {
    /// The time of writing.
    pub(super) at: Timestamp,
    /// The token of its launch.
    pub(super) token: String,
    /// The instance as shown from then on.
    pub(super) instance: Instance,
}

impl Tombstone {
    /// Whether its termination is complete.
    pub(super) fn is_over(&self) -> bool {
        self.instance.state == InstanceState::Terminated
    }

    /// Returns the id of its instance if it is of the launch with this token.
    pub(super) fn of_launch(&self, token: &str) -> Option<String> {
        (self.token == token).then(|| self.instance.id.clone())
    }

    /// Whether it is no longer shown.
    pub(super) fn is_forgotten(&self) -> bool {
        self.is_over() && self.age() > SHOWN_FOR
    }

    /// Returns its age.
    pub(super) fn age(&self) -> Duration {
        Duration::try_from(Timestamp::now().duration_since(self.at)).unwrap_or_default()
    }
}

/// The last entry of each instance, by id.
pub(super) type Tombstones = BTreeMap<String, Tombstone>;

/// The cached content of the ledger, which only grows until it is replaced by a new file.
#[derive(Debug, Default)]
pub(super) struct Cache {
    pub(super) file: u64,
    pub(super) read: u64,
    pub(super) ledger: Arc<Tombstones>,
}
