//! Requests of other processes.

use super::answered_request::AnsweredRequest;
use super::by_hand::{Answered, refused};
use super::engine_of::{bounds_of, engine_of};
use super::fleet::FleetPhase;
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_request::{FleetRequest, RequestAnswer};
use super::fleet_scaler::Scaler;
use super::overrides::Overrides;
use super::scaler_error::ScalerError;
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::{DrainOwner, MachineId};

/// What came of the requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// Whether something follows from them, so that a pass is due now.
    pub changed: bool,
    /// The requests that were answered, oldest first.
    pub answered: Vec<AnsweredRequest>,
    /// A request to read the file again, which needs files: its number, and whether fewer workers were confirmed. It is
    /// answered by [`Scaler::answer`].
    pub reload: Option<(u64, bool)>,
}

impl Scaler {
    /// Takes in the requests of other processes, oldest first, and answers them. A request to read the file again is
    /// returned, and later ones wait until it has an answer.
    ///
    /// # Errors
    /// Nothing can be read or recorded.
    pub async fn take_requests(&mut self) -> Result<Taken, ScalerError> {
        let mut taken = Taken::default();
        let requests = match self.journal.requests().await {
            // They are still there at the next look.
            Err(error) if error.passes && self.room.is_some() => Vec::new(),
            read => read?,
        };
        for (number, request) in requests {
            if matches!(request, FleetRequest::Launch { .. }) {
                // They count against the maximum. That they are unknown is told by the refusal.
                self.look_for_namesakes(&mut Vec::new()).await;
            }
            let (answer, events) = match &request {
                FleetRequest::Reload { confirmed } => {
                    taken.reload = Some((number, *confirmed));
                    break;
                }
                FleetRequest::Set { overrides, pause, reset } => self.set(overrides, *pause, *reset),
                FleetRequest::Drain { machines } => self.drain(machines),
                FleetRequest::Launch { count, until, kind } => self.launch_by_hand(*count, kind.as_deref(), *until),
                FleetRequest::End { machines } => self.end_by_hand(machines),
                FleetRequest::Stop { keep_workers, now } => self.stop(*keep_workers, *now),
            };
            let changed = !events.is_empty();
            let drained = self.named(&events);
            let batch = FleetBatch::events(self.clock.now(), events);
            let batch = FleetBatch { maximum: Some(self.bounds.max), ..batch };
            self.commit(&batch, Some((number, &answer))).await?;
            self.take_in(&batch);
            // The next pass makes the calls, as of launches that an earlier process announced.
            self.inherited.extend(batch.events.iter().filter_map(FleetEvent::token_of_launch));
            taken.answered.push(AnsweredRequest { request, drained, answer });
            if changed {
                taken.changed = true;
                self.renew_settings()?;
            }
        }
        Ok(taken)
    }

    /// Returns the workers that lines drain, each with its name.
    fn named(&self, lines: &[FleetEvent]) -> Vec<(MachineId, String)> {
        let drained = lines.iter().flat_map(|line| match line {
            FleetEvent::DrainIntended { machines, .. } => machines.as_slice(),
            _ => &[],
        });
        let workers = drained.filter_map(|machine| self.fleet.workers.get(machine));
        workers.map(|worker| (worker.id.clone(), worker.name.clone())).collect()
    }

    /// Answers a request to read the file again.
    ///
    /// # Errors
    /// Nothing can be recorded.
    pub async fn answer(&mut self, request: u64, answer: &RequestAnswer) -> Result<(), ScalerError> {
        let batch = FleetBatch::events(self.clock.now(), Vec::new());
        self.commit(&batch, Some((request, answer))).await
    }

    fn set(&self, new: &Overrides, pause: Option<bool>, reset: bool) -> Answered {
        let overrides = new.laid_over(&self.fleet.overrides, pause, reset);
        let now = self.clock.now();
        let checked = bounds_of(self.file.bounds(now), &overrides).and_then(|bounds| {
            engine_of(&self.file, bounds, &self.machines, self.leases.lifetime(), &overrides)?;
            Ok(bounds)
        });
        match checked {
            Err(error) => refused(error.to_string(), None),
            Ok(bounds) => {
                let mut message = match (bounds.min, bounds.max) {
                    (min, max) if min == max => format!("exactly {}", counted(max, "worker")),
                    (min, max) => format!("at least {} and at most {max}", counted(min, "worker")),
                };
                let engine = overrides.engine.as_deref().unwrap_or(self.file.engine.name());
                message.push_str(&format!(", engine {engine}"));
                if overrides.paused {
                    message.push_str("; paused: nothing is launched, drained or ended, and leases are renewed");
                }
                let excess = self.fleet.above(bounds.max);
                if excess > 0 {
                    let (serving, are) = (self.fleet.serving(), agreeing(excess, "is", "are"));
                    let run = agreeing(serving, "lives", "live");
                    message.push_str(&format!("; {} {run}, so {excess} {are} drained", counted(serving, "worker")));
                }
                (RequestAnswer::Done { message }, vec![FleetEvent::Overridden { overrides }])
            }
        }
    }

    /// Workers are named by id or by name.
    fn drain(&self, machines: &[MachineId]) -> Answered {
        let found = match self.present_workers(machines) {
            Ok(found) => found.into_iter().filter(|worker| worker.phase.is_live()),
            Err(answer) => return answer,
        };
        let found: Vec<MachineId> = found.map(|worker| worker.id.clone()).collect();
        let message = match found.len() {
            0 => format!("{} ending already", agreeing(machines.len(), "it is", "they are")),
            number => format!(
                "{} {} ended when {} none",
                counted(number, "worker"),
                agreeing(number, "accepts no more work, and is", "accept no more work, and are"),
                agreeing(number, "it has", "they have")
            ),
        };
        let by = DrainOwner::Person;
        let line = FleetEvent::DrainIntended { machines: found.clone(), by, unclaimed_only: false, reason: None };
        (RequestAnswer::Done { message }, if found.is_empty() { Vec::new() } else { vec![line] })
    }

    fn stop(&self, keep_workers: bool, now: bool) -> Answered {
        if self.fleet.phase == FleetPhase::Ended {
            return refused("the fleet has ended".to_owned(), None);
        }
        let workers = self.fleet.present().count();
        let message = match keep_workers {
            true => format!(
                "the fleet ends; {} {}",
                counted(workers, "worker"),
                agreeing(workers, "stays until its lease ends", "stay until their leases end")
            ),
            false => format!(
                "{} {} {}, then the fleet ends",
                counted(workers, "worker"),
                agreeing(workers, "is", "are"),
                if now { "ended at once" } else { "drained and ended" }
            ),
        };
        (RequestAnswer::Done { message }, vec![FleetEvent::StopIntended { keep_workers, now }])
    }
}
