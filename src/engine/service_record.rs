//! What the journal says of one service.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::cloud::Refusal;
use super::event::{Change, Stage};
use super::phase::Phase;

/// What the journal says of one service.
#[derive(Clone, Debug)]
pub struct ServiceRecord {
    /// Where it is.
    pub phase: Phase,
    /// 1 for the first machine, raised before each further one is asked for.
    pub attempt: u32,
    /// How often its machine was replaced under the present goal.
    pub repairs: u32,
    /// The offers that had no machine for it since it was last to be launched, in the order in which they were tried.
    pub declined: Vec<Refusal>,
    /// Its instance, while it has one.
    pub instance: Option<OwnedInstance>,
    /// By which its host is reached.
    pub address: Option<String>,
    /// The host's address inside its network.
    pub private_address: Option<String>,
    /// What its boot program wrote to `bootout.json`.
    pub output: BTreeMap<String, String>,
    /// Since when it is in this phase.
    pub since: Timestamp,
}

/// An instance that belongs to a service, from the moment it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedInstance {
    /// The cloud's name in the plan.
    pub cloud: String,
    /// Its id, once the cloud has answered.
    pub id: Option<String>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl ServiceRecord {
    pub(super) fn new(since: Timestamp) -> Self {
        Self {
            phase: Phase::Pending,
            attempt: 1,
            repairs: 0,
            declined: Vec::new(),
            instance: None,
            address: None,
            private_address: None,
            output: BTreeMap::new(),
            since,
        }
    }

    /// Enters `phase` and keeps what `change` tells beyond it.
    pub(super) fn enter(&mut self, phase: Phase, change: &Change, at: Timestamp) {
        match change {
            Change::LaunchIntended { cloud, .. } => {
                self.instance = Some(OwnedInstance { cloud: cloud.clone(), id: None, asked_at: at, expires_at: None });
            }
            Change::Declined { refusals } => {
                self.declined.extend(refusals.iter().cloned());
                self.instance = None;
                self.attempt += 1;
            }
            Change::Launched { instance_id } => {
                self.declined.clear();
                if let Some(instance) = &mut self.instance {
                    instance.id = Some(instance_id.clone());
                }
            }
            Change::Addressed { address, private_address } => {
                self.address = Some(address.clone());
                self.private_address = private_address.clone();
            }
            Change::Reachable { address } => self.address = Some(address.clone()),
            Change::Booted { output } => self.output = output.clone(),
            Change::Failed { failure } if failure.stage == Stage::Launch && failure.unanswered.is_none() => {
                self.instance = None;
            }
            Change::Retried if phase == Phase::Pending => {
                self.attempt += 1;
                self.declined.clear();
            }
            Change::TerminateStarted { again: true } if !self.phase.is_going() => self.repairs += 1,
            Change::Terminated => {
                self.instance = None;
                self.address = None;
                self.private_address = None;
            }
            Change::Reset => {
                self.attempt += 1;
                self.declined.clear();
                self.output.clear();
            }
            _ => {}
        }
        self.phase = phase;
        self.since = at;
    }

    /// The instance's id, once the cloud has answered.
    pub fn instance_id(&self) -> Option<&str> {
        self.instance.as_ref()?.id.as_deref()
    }
}
