//! An entry of the ledger: an instance that is being terminated, or is gone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::provider::{Instance, InstanceState};

/// How long terminated instances are shown and their tokens remembered: an hour, as EC2 does.
pub(super) const SHOWN_FOR: Duration = Duration::from_secs(3600);

/// One line: an instance, at the beginning and at the end of its termination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tombstone {
    /// When.
    pub(super) at: Timestamp,
    /// The token it was launched with.
    pub(super) token: String,
    /// The instance as it is shown from here on.
    pub(super) instance: Instance,
}

impl Tombstone {
    /// Whether its termination has ended.
    pub(super) fn is_over(&self) -> bool {
        self.instance.state == InstanceState::Terminated
    }

    /// Whether it is no longer shown.
    pub(super) fn is_forgotten(&self) -> bool {
        self.is_over() && self.age() > SHOWN_FOR
    }

    /// How long ago it was written.
    pub(super) fn age(&self) -> Duration {
        Duration::try_from(Timestamp::now().duration_since(self.at)).unwrap_or_default()
    }
}

/// The last entry of each instance, by id.
pub(super) type Tombstones = BTreeMap<String, Tombstone>;

/// What was read of the ledger before. It only grows, until it is replaced by another file.
#[derive(Debug, Default)]
pub(super) struct Cache {
    pub(super) file: u64,
    pub(super) read: u64,
    pub(super) ledger: Arc<Tombstones>,
}
