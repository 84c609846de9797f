//! A run projected ahead: the events of a command, and their consequences if everything goes well.
//!
//! A command's records and its announcement are both taken from here, so that they cannot differ.

use jiff::Timestamp;

use super::action::Action;
use super::decide::{Decision, decide};
use super::event::{JournalEntry, RunEvent, ServiceEvent};
use super::launch_intent::Intent;
use super::phase::{IllegalEvent, Phase};
use super::run::Run;

/// Stands for an address that is not known yet.
const SOMEWHERE: &str = "0.0.0.0";

/// A run and its projected events.
pub(super) struct Projection {
    /// The run after the events.
    pub(super) run: Run,
    /// The events, in order.
    pub(super) events: Vec<RunEvent>,
}

impl Projection {
    /// Starts from the present run.
    pub(super) fn of(run: &Run) -> Self {
        Self { run: run.clone(), events: Vec::new() }
    }

    /// Applies an event.
    pub(super) fn take(&mut self, event: RunEvent) -> Result<(), IllegalEvent> {
        self.run.apply(&JournalEntry {
            sequence: self.run.sequence() + 1,
            at: Timestamp::UNIX_EPOCH,
            event: event.clone(),
        })?;
        self.events.push(event);
        Ok(())
    }

    /// Applies a change of a service.
    pub(super) fn change(&mut self, position: usize, change: ServiceEvent) -> Result<(), IllegalEvent> {
        let service = self.run.service(position).name.clone();
        self.take(RunEvent::Service { service, change })
    }

    /// Applies everything that [`decide`] wants, each action with success.
    pub(super) fn play(mut self) -> Result<Self, IllegalEvent> {
        loop {
            let before = self.events.len();
            for step in decide(&self.run) {
                match step {
                    Decision::Record(position, change) => self.change(position, change)?,
                    Decision::ReplacePlan => self.take(RunEvent::PlanReplaced)?,
                    Decision::Run(action) => self.succeed(action)?,
                }
            }
            if self.events.len() == before {
                return Ok(self);
            }
        }
    }

    fn succeed(&mut self, action: Action) -> Result<(), IllegalEvent> {
        match action {
            Action::Launch(position) => {
                if matches!(self.run.record(position).phase, Phase::Pending) {
                    let intent = Intent { token: String::new(), slot: 0, size: 1 };
                    let cloud = self.run.service(position).cloud.clone();
                    self.change(position, ServiceEvent::LaunchIntended { intent, cloud })?;
                }
                self.change(position, ServiceEvent::Launched { instance_id: String::new() })?;
                self.change(position, ServiceEvent::Addressed { address: SOMEWHERE.to_owned(), private_address: None })
            }
            Action::Observe(cloud) => {
                let comes_up = |position: &usize| {
                    let record = self.run.record(*position);
                    let is_here = record.instance.as_ref().is_some_and(|instance| instance.cloud == cloud);
                    is_here && record.address.is_none() && matches!(record.phase, Phase::Launched)
                };
                let coming: Vec<usize> = (0..self.run.records().len()).filter(comes_up).collect();
                let addressed = ServiceEvent::Addressed { address: SOMEWHERE.to_owned(), private_address: None };
                coming.into_iter().try_for_each(|position| self.change(position, addressed.clone()))
            }
            Action::Reach(position) => {
                let record = self.run.record(position);
                // Without a launch, a host that is raised anew keeps its address.
                let stays = record.instance.is_none();
                let departed = record.departed.as_ref().filter(|_| stays).and_then(|departed| departed.address.clone());
                let address = record.address.clone().or(departed).unwrap_or_else(|| SOMEWHERE.to_owned());
                self.change(position, ServiceEvent::Reachable { address })
            }
            Action::Boot(position) => {
                if matches!(self.run.record(position).phase, Phase::Reachable) {
                    self.change(position, ServiceEvent::BootStarted)?;
                }
                self.change(position, ServiceEvent::Booted { output: Default::default() })
            }
            Action::Check(position) => {
                if matches!(self.run.record(position).phase, Phase::Booted) {
                    self.change(position, ServiceEvent::CheckStarted)?;
                }
                self.change(position, ServiceEvent::Ready { degraded: None })
            }
            Action::RunTerminateProgram(position) => {
                self.change(position, ServiceEvent::TerminateProgramEnded { failure: None })
            }
            Action::Remove(position) => self.change(position, ServiceEvent::Terminated),
            // It shows what exists, and changes nothing if all went well.
            Action::ProveGone => Ok(()),
        }
    }
}
