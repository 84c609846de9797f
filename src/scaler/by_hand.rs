//! What a person wants of single workers: launches and ends beside those that the engine decides on.

use jiff::Timestamp;

use super::admit::{Admitted, Limits};
use super::fleet::FleetPhase;
use super::fleet_event::FleetEvent;
use super::fleet_request::RequestAnswer;
use super::fleet_scaler::Scaler;
use super::pass_record::PassRecord;
use super::plan::Plan;
use super::scaler_error::ScalerError;
use super::worker::{Worker, WorkerPhase};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::{Decision, Launch, Limit, MachineId, Note, Reason, Wants};

/// An answer, and the lines that follow from the request.
pub(super) type Answered = (RequestAnswer, Vec<FleetEvent>);

impl Scaler {
    /// Makes a pass of a fleet that no scaler runs: finishes what was announced or asked for, and takes readings. The
    /// engine decides nothing, and no lease is renewed.
    ///
    /// # Errors
    /// Nothing can be recorded any more. Everything else is told in the record.
    pub async fn tend(&mut self) -> Result<PassRecord, ScalerError> {
        let mut record = self.new_record(self.clock.now());
        if self.is_over() {
            return Ok(record);
        }
        self.finish(&mut record.notes).await?;
        self.passes += 1;
        let drains = self.fleet.workers.values().any(|worker| worker.phase == WorkerPhase::Draining);
        let wants = Wants { machines: true, pool: drains, slots: drains && self.has_pool(), ..Wants::default() };
        self.tend_step(wants, &mut record).await?;
        Ok(record)
    }

    /// Returns the lines that launch so many workers whose leases end at `until` or later, one call for each, so that
    /// each has its own name from its birth. All of them, or none.
    pub(super) fn launch_by_hand(&self, count: u32, kind: Option<&str>, until: Timestamp) -> Answered {
        if self.fleet.phase != FleetPhase::Running {
            return refused("it is to end".to_owned(), None);
        }
        let now = self.clock.now();
        let limits = Limits {
            fleet: &self.fleet,
            file: &self.file,
            specs: &self.machines,
            bounds: self.bounds,
            machines: &[],
            engine_keeps_minimum: true,
            leases: self.leases,
            namesakes: self.namesakes,
            now,
        };
        let launch = Launch { kind: kind.map(Into::into), ..Launch::plain(count, Reason::Requested) };
        let Admitted { decisions, notes, .. } = limits.admit(vec![Decision::Launch(launch)]);
        let (mut plan, mut named) = (Plan { notes, ..Plan::default() }, self.fleet.named);
        for (_, decision) in decisions {
            if let Decision::Launch(launch) = decision {
                self.plan_launch(launch, None, (&mut named, 1), now, &mut plan);
            }
        }
        if plan.launches.len() < usize::try_from(count).unwrap_or(usize::MAX) {
            return refused(format!("{} cannot be launched: {}", counted(count, "worker"), obstacle(&plan)), None);
        }
        let intents = plan.launches.into_iter().map(|launch| {
            let mut intent = launch.intent;
            intent.expires_at = intent.expires_at.max(until);
            FleetEvent::LaunchIntended { intent: Box::new(intent) }
        });
        let message = format!("{} {} launched", counted(count, "worker"), agreeing(count, "is", "are"));
        (RequestAnswer::Done { message }, intents.collect())
    }

    /// Returns the line that ends workers at once; they are named by id or by name.
    pub(super) fn end_by_hand(&self, machines: &[MachineId]) -> Answered {
        let found = match self.present_workers(machines) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        let ends = |worker: &&Worker| worker.phase < WorkerPhase::Ending;
        let found: Vec<MachineId> = found.into_iter().filter(ends).map(|worker| worker.id.clone()).collect();
        if found.is_empty() {
            return (RequestAnswer::Done { message: "they are ending already".to_owned() }, Vec::new());
        }
        let message =
            format!("{} {} ended at once", counted(found.len(), "worker"), agreeing(found.len(), "is", "are"));
        (RequestAnswer::Done { message }, vec![FleetEvent::TerminationIntended { machines: found, reason: None }])
    }

    /// Finds the workers that a person names by id or by name.
    ///
    /// # Errors
    /// The refusal, where there is no such worker or it is gone.
    pub(super) fn present_workers(&self, machines: &[MachineId]) -> Result<Vec<&Worker>, Answered> {
        let find = |machine: &MachineId| {
            let of_name = || self.fleet.workers.values().find(|worker| worker.name == machine.as_str());
            let worker = self.fleet.workers.get(machine).or_else(of_name);
            worker.filter(|worker| worker.phase != WorkerPhase::Gone).ok_or_else(|| {
                let hint = Some(format!("hoist elastic status {} names its workers", self.fleet.id.name));
                refused(format!("the fleet has no worker {machine}"), hint)
            })
        };
        machines.iter().map(find).collect()
    }
}

pub(super) fn refused(message: String, hint: Option<String>) -> Answered {
    (RequestAnswer::Refused { message, hint }, Vec::new())
}

/// Says what keeps a plan from launching more.
fn obstacle(plan: &Plan) -> String {
    let mut limits = plan.notes.iter().filter_map(|note| match note {
        Note::StartLimited { by, .. } => Some(by),
        _ => None,
    });
    match limits.next_back() {
        Some(Limit::Maximum { maximum, live }) => {
            format!("{live} live or are on their way, and the maximum is {maximum}")
        }
        Some(Limit::MaximumOfKind { maximum, live }) => {
            format!("{live} of the kind live or are on their way, and its maximum is {maximum}")
        }
        Some(Limit::LaunchRate { maximum, launched }) => {
            format!("{launched} were launched within a minute, and the most are {maximum}")
        }
        Some(Limit::HourlyBudget { budget, .. }) => format!("the budget of {budget} an hour does not allow it"),
        Some(Limit::Budget { budget, .. }) => format!("the budget of {budget} does not allow it"),
        Some(Limit::FailedReading { .. }) => "the cloud does not tell which machines live".to_owned(),
        Some(Limit::NoPrice) => "there is a budget, and its price is not known".to_owned(),
        _ => "its offers had no capacity a short time ago, or a limit of the fleet does not allow it".to_owned(),
    }
}
