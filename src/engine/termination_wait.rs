//! How the wait for machines that are on their way out goes: how often the cloud is asked, and what is told meanwhile.

use std::time::Duration;

use tokio::time::Instant;

use super::patient_call::TERMINATION_TIMEOUT;
use crate::provider::{Capabilities, CloudError, CloudErrorKind, InstanceState};

/// How long a wait may be silent.
const SILENCE: Duration = Duration::from_secs(10);

/// The most machines that a line names.
const NAMED: usize = 3;

/// A wait for machines of one cloud.
pub(super) struct TerminationWait {
    cloud: String,
    began: Instant,
    told_at: Instant,
    /// How many were to go.
    total: usize,
    /// How many the cloud does not let go.
    kept: usize,
    /// Whether something was told that wants an end.
    told: bool,
}

impl TerminationWait {
    pub(super) fn new(cloud: &str, total: usize, kept: usize) -> Self {
        let now = Instant::now();
        Self { cloud: cloud.to_owned(), began: now, told_at: now, total, kept, told: kept > 0 }
    }

    /// How long it has been.
    pub(super) fn waited(&self) -> Duration {
        self.began.elapsed()
    }

    /// The pause before the cloud is asked again: a sixteenth of the wait so far, so that the end is noticed soon and a
    /// long wait costs few calls. Each is one call for all machines, so they may be closer together than those of
    /// machines that come up.
    pub(super) fn pause(&self, capabilities: &Capabilities) -> Duration {
        let longest = capabilities.poll_longest.max(capabilities.poll_first);
        (self.waited() / 16).clamp(capabilities.poll_first / 3, longest)
    }

    /// A line for whoever waits, when it is time for one; `left` are on their way.
    pub(super) fn tell(&mut self, left: &[String]) -> Option<String> {
        let is_over = left.is_empty();
        // An end that nobody was kept waiting for is told by what comes next.
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

/// What is told of an instance that takes too long to go.
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
