//! What the journal says of one service.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::event::ServiceEvent;
use super::failure::Stage;
use super::phase::Phase;
use super::visible_values::{Until, VisibleValues};
use crate::plan::Service;
use crate::provider::CapacityError;

/// What the journal says of one service.
#[derive(Clone, Debug)]
pub struct ServiceState {
    /// Where it is.
    pub phase: Phase,
    /// 1 for the first machine, raised before each further one is asked for.
    pub attempt: u32,
    /// How often its machine was replaced under the present goal.
    pub repairs: u32,
    /// The offers that had no machine for it since it was last to be launched, in the order in which they were tried.
    pub declined: Vec<CapacityError>,
    /// Its instance, while it has one.
    pub instance: Option<OwnedInstance>,
    /// By which its host is reached.
    pub address: Option<String>,
    /// The host's address inside its network.
    pub private_address: Option<String>,
    /// What its boot program wrote to `bootout.json`.
    pub output: BTreeMap<String, String>,
    /// Whether its boot program was begun on the machine that it has: then there may be something to say goodbye to.
    pub boot_begun: bool,
    /// What its machine was, once that is gone: others that are torn down later may still read it.
    pub(super) departed: Option<Box<FormerInstance>>,
    /// The host that was given up, where one was, by its address as far as that was known: what lies on it stays.
    pub abandoned: Option<String>,
    /// Since when it is in this phase.
    pub since: Timestamp,
    /// The journal's line at which its boot program was last started on the machine that it has.
    pub(super) told: Option<u64>,
    /// How often its boot program was started again, for values that changed, under the present goal.
    pub(super) reconfigured: u32,
    /// Whether it had failed its check before its boot program was started again for that.
    pub(super) was_ill: bool,
    /// What others could read of it before, oldest first.
    pub(super) past: Vec<Until>,
}

/// What is known of a machine that is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct FormerInstance {
    pub(super) instance_id: Option<String>,
    pub(super) address: Option<String>,
    pub(super) private_address: Option<String>,
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

impl ServiceState {
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
            boot_begun: false,
            departed: None,
            abandoned: None,
            since,
            told: None,
            reconfigured: 0,
            was_ill: false,
            past: Vec::new(),
        }
    }

    /// A new goal is set: what was done under the last one counts no more.
    pub(super) fn begin_goal(&mut self, at: Timestamp) {
        self.repairs = 0;
        self.reconfigured = 0;
        self.was_ill = self.phase.failed_its_check();
        // What waits does so from the moment when somebody began to raise it.
        if self.since == Timestamp::UNIX_EPOCH {
            self.since = at;
        }
    }

    /// Enters `phase` at journal line `sequence`, and keeps what `change` tells beyond it. Says whether something that
    /// others may have read is over.
    pub(super) fn enter(&mut self, phase: Phase, change: &ServiceEvent, sequence: u64, at: Timestamp) -> bool {
        let may_end = matches!(
            change,
            ServiceEvent::Addressed { .. }
                | ServiceEvent::Reachable { .. }
                | ServiceEvent::BootStarted
                | ServiceEvent::Booted { .. }
                | ServiceEvent::Terminated
                | ServiceEvent::Reset
        );
        let before = may_end.then(|| self.shown());
        self.take(&phase, change, sequence, at);
        // An address says where it is, not how far.
        if !matches!(change, ServiceEvent::Addressed { .. }) || matches!(phase, Phase::Launched) {
            self.since = at;
        }
        self.phase = phase;
        // What was written anew may be more than before, too.
        let is_anew = matches!(change, ServiceEvent::Booted { .. }) && self.reconfigured > 0;
        let over = before.filter(|before| {
            let now = self.shown();
            before.is_overtaken_by(&now) || (is_anew && *before != now)
        });
        let is_over = over.is_some();
        self.past.extend(over.map(|before| Until(sequence.saturating_sub(1), before)));
        is_over
    }

    /// What others can read of it.
    pub(super) fn shown(&self) -> VisibleValues {
        VisibleValues {
            instance_id: self.instance_id().map(str::to_owned),
            address: self.address.clone(),
            private_address: self.private_address.clone(),
            output: self.output.clone(),
        }
    }

    fn take(&mut self, phase: &Phase, change: &ServiceEvent, sequence: u64, at: Timestamp) {
        match change {
            ServiceEvent::LaunchIntended { cloud, .. } => {
                self.instance = Some(OwnedInstance { cloud: cloud.clone(), id: None, asked_at: at, expires_at: None });
            }
            ServiceEvent::Declined { refusals } => {
                self.declined.extend(refusals.iter().cloned());
                self.instance = None;
                self.attempt += 1;
            }
            ServiceEvent::Launched { instance_id } => {
                self.declined.clear();
                if let Some(instance) = &mut self.instance {
                    instance.id = Some(instance_id.clone());
                }
            }
            ServiceEvent::Addressed { address, private_address } => {
                self.address = Some(address.clone());
                self.private_address = private_address.clone();
            }
            ServiceEvent::Reachable { address } => self.address = Some(address.clone()),
            ServiceEvent::BootStarted => {
                // What an earlier run of it wrote is no input of this one.
                self.output.clear();
                self.told = Some(sequence);
                self.boot_begun = true;
            }
            ServiceEvent::Booted { output } => {
                self.boot_begun = true;
                self.output = output.clone();
            }
            ServiceEvent::Reconfigured => self.reconfigured += 1,
            ServiceEvent::Failed { failure } if failure.stage == Stage::Launch && failure.unanswered.is_none() => {
                self.instance = None;
            }
            ServiceEvent::Failed { failure } if failure.stage == Stage::Ready && self.reconfigured == 0 => {
                self.was_ill = true
            }
            ServiceEvent::Ready { .. } => self.was_ill = false,
            ServiceEvent::Retried if *phase == Phase::Pending => {
                self.attempt += 1;
                self.declined.clear();
            }
            ServiceEvent::TerminateStarted { again: true } if !self.phase.is_going() => self.repairs += 1,
            ServiceEvent::Abandoned => self.abandoned = Some(self.address.clone().unwrap_or_default()),
            ServiceEvent::Terminated => {
                self.departed = Some(Box::new(FormerInstance {
                    instance_id: self.instance.take().and_then(|instance| instance.id),
                    address: self.address.take(),
                    private_address: self.private_address.take(),
                }));
                self.boot_begun = false;
            }
            ServiceEvent::Reset => {
                self.departed = None;
                self.abandoned = None;
                self.attempt += 1;
                self.declined.clear();
                self.output.clear();
                self.told = None;
                self.reconfigured = 0;
                self.was_ill = false;
            }
            _ => {}
        }
    }

    /// Whether it is still to have its address: once it has that, or never will, all that is known of it at launch is
    /// known.
    pub(super) fn is_unsettled(&self, service: &Service) -> bool {
        match &self.phase {
            Phase::Pending => service.launch.is_some(),
            Phase::Launched => self.address.is_none(),
            Phase::Launching(_) | Phase::Terminating(_) | Phase::Terminated { .. } => true,
            _ => false,
        }
    }

    /// Whether it failed after its boot program was run again on the machine that it had: no reason to replace that,
    /// unless its check had failed before, too.
    pub(super) fn fails_anew(&self) -> bool {
        let Phase::Failed(failure) = &self.phase else { return false };
        self.reconfigured > 0 && (failure.stage == Stage::Boot || failure.stage == Stage::Ready && !self.was_ill)
    }

    /// Whether line `sequence` of the journal gave it another address than it had.
    pub fn has_moved_at(&self, sequence: u64) -> bool {
        self.past.iter().any(|Until(last, shown)| *last + 1 == sequence && shown.address != self.address)
    }

    /// The instance's id, once the cloud has answered.
    pub fn instance_id(&self) -> Option<&str> {
        self.instance.as_ref()?.id.as_deref()
    }
}
