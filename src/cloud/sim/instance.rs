//! A simulated instance: its state at any time follows from a few moments.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::machine::SimMachine;
use crate::provider::{Instance, InstanceState, LaunchRequest, Offer, TAG_EXPIRES};

/// How long a terminated instance is still shown, as on EC2.
const TERMINATED_SHOWN: Duration = Duration::from_secs(3600);

/// An instance. All times are since the cloud's start.
#[derive(Debug)]
pub(super) struct SimInstance {
    pub(super) id: String,
    pub(super) request: Arc<LaunchRequest>,
    pub(super) index: usize,
    /// What it was launched as. None: the request has no offers.
    pub(super) offer: Option<Offer>,
    pub(super) address: String,
    pub(super) private_address: String,
    pub(super) launched: Duration,
    pub(super) visible: Duration,
    pub(super) runs: Duration,
    pub(super) answers: Duration,
    pub(super) shutdown: Duration,
    /// When and why it ends, its lease apart; may be known in advance.
    pub(super) fate: Option<(Duration, &'static str)>,
    /// The end of its lease.
    pub(super) lease: Option<Duration>,
    /// Notified when its end changes.
    pub(super) changed: Arc<Notify>,
    pub(super) machine: SimMachine,
}

impl SimInstance {
    pub(super) fn service(&self) -> &str {
        &self.request.slots[self.index]
    }

    /// Returns when and why it ends, as far as that is known: at the end of its lease, unless something else ends it
    /// first.
    pub(super) fn goes(&self) -> Option<(Duration, &'static str)> {
        let lease = self.lease.map(|at| (at, "its lease is over"));
        [self.fate, lease].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Moves the end of its lease; returns false if it has none or is gone.
    pub(super) fn renew(&mut self, until: Duration, now: Duration) -> bool {
        let renewed = self.lease.is_some() && !self.state(now).is_gone();
        if renewed {
            self.lease = Some(until);
            self.changed.notify_waiters();
        }
        renewed
    }

    pub(super) fn state(&self, now: Duration) -> InstanceState {
        match self.goes() {
            Some((at, _)) if at + self.shutdown <= now => InstanceState::Terminated,
            Some((at, _)) if at <= now => InstanceState::ShuttingDown,
            _ if self.runs <= now => InstanceState::Running,
            _ => InstanceState::Pending,
        }
    }

    /// Whether describe calls show it; terminate calls only need the id.
    pub(super) fn is_shown(&self, now: Duration) -> bool {
        let over = self.goes().is_some_and(|(at, _)| at + self.shutdown + TERMINATED_SHOWN <= now);
        self.visible <= now && !over
    }

    /// Ends it at `at`, unless it ends earlier anyway.
    pub(super) fn end(&mut self, at: Duration, why: &'static str) {
        if self.goes().is_none_or(|(earlier, _)| at < earlier) {
            self.fate = Some((at, why));
            self.changed.notify_waiters();
        }
    }

    /// Gives it another public address, in a network that no launch uses; the private address stays, as on EC2.
    pub(super) fn readdress(&mut self) {
        let (network, rest) = self.address.split_once('.').unwrap_or(("10", "0.0.4"));
        self.address = format!("{}.{rest}", network.parse::<u8>().map_or(11, |network| network.wrapping_add(1)));
    }

    pub(super) fn show(&self, now: Duration, epoch: Timestamp) -> Instance {
        let state = self.state(now);
        let has_address = state == InstanceState::Running;
        Instance {
            id: self.id.clone(),
            state,
            address: has_address.then(|| self.address.clone()),
            private_address: has_address.then(|| self.private_address.clone()),
            launch_index: self.index,
            tags: self.tags(epoch),
            launched_at: epoch + self.launched,
            reason: self.goes().filter(|_| state.is_gone()).map(|(_, why)| why.to_owned()),
            offer: self.offer.clone(),
        }
    }

    /// Returns its tags, with the current end of its lease.
    fn tags(&self, epoch: Timestamp) -> BTreeMap<String, String> {
        let mut tags = self.request.tags.clone();
        if let (Some(tag), Some(lease)) = (tags.get_mut(TAG_EXPIRES), self.lease) {
            *tag = (epoch + lease).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        tags
    }

    pub(super) fn console(&self, now: Duration) -> String {
        let mut lines = vec![format!("[{:>10.3}] {} ({}) starts", 0.0, self.id, self.service())];
        let mut line = |at: Duration, what: &str| {
            if at <= now {
                let since = at.saturating_sub(self.launched).as_secs_f64();
                lines.push(format!("[{since:>10.3}] {what}"));
            }
        };
        let before_end = |at: Duration| self.goes().is_none_or(|(end, _)| at < end);
        if before_end(self.runs) {
            line(self.runs, "up");
        }
        if before_end(self.answers) {
            line(self.answers, "programs may run");
        }
        if let Some((at, why)) = self.goes() {
            line(at, why);
        }
        lines.join("\n") + "\n"
    }
}
