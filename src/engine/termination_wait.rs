//! The wait for instances that are on their way out: the pauses between polls, and the messages meanwhile.

use std::time::Duration;

use tokio::time::Instant;

use super::patient_call::TERMINATION_TIMEOUT;
use crate::provider::{Capabilities, CloudError, CloudErrorKind, InstanceState};

/// How long a wait may go without a message.
const SILENCE: Duration = Duration::from_secs(10);

/// The most instances that a line names.
const NAMED: usize = 3;

/// A wait for instances of one cloud.
pub(super) struct TerminationWait {
    cloud: String,
    began: Instant,
    told_at: Instant,
    /// The number of instances to remove.
    total: usize,
    /// The number of instances that the cloud does not end.
    kept: usize,
    /// Whether a message was shown that needs a conclusion.
    told: bool,
}

impl TerminationWait {
    pub(super) fn new(cloud: &str, total: usize, kept: usize) -> Self {
        let now = Instant::now();
        Self { cloud: cloud.to_owned(), began: now, told_at: now, total, kept, told: kept > 0 }
    }

    /// Returns how long the wait has taken so far.
    pub(super) fn waited(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns the pause before the next poll: a sixteenth of the wait so far, so that the end is noticed soon and a
    /// long wait costs few calls. Each poll is one call for all instances, so the polls may be closer together than
    /// those of instances that come up.
    pub(super) fn pause(&self, capabilities: &Capabilities) -> Duration {
        let longest = capabilities.poll_longest.max(capabilities.poll_first);
        (self.waited() / 16).clamp(capabilities.poll_first / 3, longest)
    }

    /// Returns a line for the waiting user, when it is time for one; `left` are still on their way.
    pub(super) fn tell(&mut self, left: &[String]) -> Option<String> {
        let is_over = left.is_empty();
        // An end without a noticeable wait is told by the next message.
        let wanted = if is_over { self.told } else { self.told_at.elapsed() >= SILENCE };
        if !wanted {
            return None;
        }
        self.told = true;
        self.told_at = Instant::now();
        let gone = self.total.saturating_sub(self.kept + left.len());
        let mut line =
            format!("{gone} of {} on {} gone after {} s", counted(self.total), self.cloud, self.waited().as_secs());
        if self.kept > 0 {
            line.push_str(&format!(", {} cannot be removed", self.kept));
        }
        if !is_over {
            line.push_str(&format!(", waiting for {}", named(left)));
        }
        Some(line)
    }
}

/// Returns the error of an instance that takes too long to go.
pub(super) fn overdue(id: &str, state: Option<InstanceState>) -> CloudError {
    let state = state.map_or("there", InstanceState::as_str);
    let message = format!("{id} is still {state} after {} s", TERMINATION_TIMEOUT.as_secs());
    CloudError::new(CloudErrorKind::Rejected, message).hint("run the same command again; it goes on")
}

fn counted(machines: usize) -> String {
    if machines == 1 { "1 machine".to_owned() } else { format!("{machines} machines") }
}

fn named(ids: &[String]) -> String {
    match ids.len() {
        few if few <= NAMED => ids.join(", "),
        many => format!("{} and {} more", ids[..NAMED].join(", "), many - NAMED),
    }
}
