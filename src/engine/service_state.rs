//! The state of one service according to the journal.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::event::ServiceEvent;
use super::failure::Stage;
use super::phase::Phase;
use super::visible_values::{Until, VisibleValues};
use crate::plan::Service;
use crate::provider::CapacityError;

/// The state of one service according to the journal.
#[derive(Clone, Debug)]
pub struct ServiceState {
    /// The phase of its life cycle.
    pub phase: Phase,
    /// 1 for the first instance, incremented before each further one is requested.
    pub attempt: u32,
    /// How often its machine was replaced under the present goal.
    pub repairs: u32,
    /// The offers without an instance for it since its launch was last due, in the order in which they were tried.
    pub declined: Vec<CapacityError>,
    /// Its instance, while it has one.
    pub instance: Option<OwnedInstance>,
    /// The address by which its host is reached.
    pub address: Option<String>,
    /// The host's address inside its network.
    pub private_address: Option<String>,
    /// The attributes that its boot program wrote to `bootout.json`.
    pub output: BTreeMap<String, String>,
    /// Whether its boot program was begun on its present machine: then the terminate program may have something to
    /// undo.
    pub boot_begun: bool,
    /// The values of its machine once that is gone: services that are torn down later may still read them.
    pub(super) departed: Option<Box<FormerInstance>>,
    /// The address of the host that was given up, as far as it was known, if one was; the files on it stay.
    pub abandoned: Option<String>,
    /// When it entered this phase.
    pub since: Timestamp,
    /// The journal line at which its boot program was last started on its present machine.
    pub(super) told: Option<u64>,
    /// How often its boot program was started again for changed values under the present goal.
    pub(super) reconfigured: u32,
    /// Whether it had failed its check before its boot program was started again for changed values.
    pub(super) was_ill: bool,
    /// The earlier values that others could read of it, oldest first.
    pub(super) past: Vec<Until>,
}

/// The known values of a machine that is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct FormerInstance {
    pub(super) instance_id: Option<String>,
    pub(super) address: Option<String>,
    pub(super) private_address: Option<String>,
}

/// An instance that belongs to a service, from its request on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedInstance {
    /// The cloud's name in the plan.
    pub cloud: String,
    /// Its id, once the cloud has answered.
    pub id: Option<String>,
    /// When it was requested.
    pub asked_at: Timestamp,
    /// The end of its lease.
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

    /// Starts a new goal: counts of the last one are reset.
    pub(super) fn begin_goal(&mut self, at: Timestamp) {
        self.repairs = 0;
        self.reconfigured = 0;
        self.was_ill = self.phase.failed_its_check();
        // A pending service waits from the moment when its raising began.
        if self.since == Timestamp::UNIX_EPOCH {
            self.since = at;
        }
    }

    /// Enters `phase` at journal line `sequence`, and stores the further values of `change`. Returns whether a value
    /// that others may have read has ended.
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
        // An address tells the service's place, not its progress.
        if !matches!(change, ServiceEvent::Addressed { .. }) || matches!(phase, Phase::Launched) {
            self.since = at;
        }
        self.phase = phase;
        // A boot program that ran again may also have written more than before.
        let is_anew = matches!(change, ServiceEvent::Booted { .. }) && self.reconfigured > 0;
        let over = before.filter(|before| {
            let now = self.shown();
            before.is_overtaken_by(&now) || (is_anew && *before != now)
        });
        let is_over = over.is_some();
        self.past.extend(over.map(|before| Until(sequence.saturating_sub(1), before)));
        is_over
    }

    /// Returns the values that others can read of it.
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
                // The output of an earlier run of the program is no input of this one.
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

    /// Whether its address is still to come: once it has one, or never will, all its values that are known at launch
    /// are known.
    pub(super) fn is_unsettled(&self, service: &Service) -> bool {
        match &self.phase {
            Phase::Pending => service.launch.is_some(),
            Phase::Launched => self.address.is_none(),
            Phase::Launching(_) | Phase::Terminating(_) | Phase::Terminated { .. } => true,
            _ => false,
        }
    }

    /// Whether it failed after its boot program was run again on its existing machine: no reason to replace that,
    /// unless its check had failed before, too.
    pub(super) fn fails_anew(&self) -> bool {
        let Phase::Failed(failure) = &self.phase else { return false };
        self.reconfigured > 0 && (failure.stage == Stage::Boot || failure.stage == Stage::Ready && !self.was_ill)
    }

    /// Whether line `sequence` of the journal changed its address.
    pub fn has_moved_at(&self, sequence: u64) -> bool {
        self.past.iter().any(|Until(last, shown)| *last + 1 == sequence && shown.address != self.address)
    }

    /// Returns the instance's id, once the cloud has answered.
    pub fn instance_id(&self) -> Option<&str> {
        self.instance.as_ref()?.id.as_deref()
    }
}
