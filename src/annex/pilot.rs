//! Pilots: software of the user's own that serves a pool of which hoist knows nothing.

use serde::{Deserialize, Serialize};

use crate::provider::{CloudError, CloudErrorKind};

/// What hoist knows of a pilot, which the user data brings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pilot {
    /// The program, and its arguments, that drains an instance: it asks the pilot to take no more work, and ends when
    /// the pilot has. It is run before the lease ends, too. Empty: instances end without one.
    pub drain_command: Vec<String>,
    /// The longest that it may take, in seconds.
    pub drain_seconds: u32,
    /// The pilot's logs: files on the instances.
    pub logs: Vec<String>,
}

impl Pilot {
    /// Seconds within which an instance that is told to drain has noticed that, and has left when it is drained.
    const SLACK: u32 = 60;

    /// Returns how long before its end an instance begins to drain, in seconds.
    pub fn lead(&self) -> u32 {
        self.drain_seconds.saturating_add(Self::SLACK)
    }

    /// Returns the refusal of a pilot without the user data that brings it.
    pub fn missing() -> CloudError {
        let message = "--pool-software pilot: the user data brings the pilot, and none was given";
        CloudError::new(CloudErrorKind::Rejected, message).hint("name its file with --user-data")
    }

    /// Whether instances drain before they end.
    pub fn drains(&self) -> bool {
        !self.drain_command.is_empty()
    }
}
