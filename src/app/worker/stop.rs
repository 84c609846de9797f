//! `hoist worker stop`

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::chosen::{all, fleets, named};
use super::hand::{Hand, refusal};
use super::list::told;
use crate::app::elastic::holder;
use crate::app::{CommandError, Exit, Operation, Stops};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::MachineId;
use crate::report::{note_sentence, some_of};
use crate::scaler::{Fleet, FleetId, FleetName, FleetRequest, PassRecord, Worker, WorkerPhase};
use crate::state::{Owner, StateFile};

/// Time between two looks at what became of the workers.
const LOOK: Duration = Duration::from_secs(1);

/// Workers to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopWorkers<'a> {
    /// Which.
    pub(crate) which: Which<'a>,
    /// The fleet that they are of.
    pub(crate) fleet: Option<&'a FleetName>,
    /// Whether they are ended with the jobs that run on them.
    pub(crate) now: bool,
    /// How long the cloud may take to show that they are gone, from the order on.
    pub(crate) patience: Duration,
}

/// A choice of workers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// Those of these names or ids.
    Named(&'a [String]),
    /// Those that the server tells to have no job.
    Idle,
    /// All of a fleet.
    All,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// There was none to stop.
    Nothing,
    /// The user declined.
    Declined,
    /// They were ordered to end. Those that are not gone are not proved to be.
    Ordered(Vec<(FleetName, Worker)>),
}

/// Stops workers and proves that they are gone: their fleet's scaler does the work; without one, this process takes its
/// place. They accept no more work, and end when they have no job, unless `now`.
///
/// # Errors
/// There is no such worker, nobody can be asked, nothing can be recorded, or the user does not wait.
pub(crate) async fn stop(operation: Operation<'_>, request: &StopWorkers<'_>) -> Result<Stop, CommandError> {
    let Some((_, rows)) = fleets(operation, request.fleet)? else { return nothing(request) };
    let mut chosen = match request.which {
        Which::Named(names) => named(operation, &rows, names)?,
        Which::Idle | Which::All => all(&rows)?.into_iter().collect(),
    };
    if let Which::Idle = request.which {
        for (fleet, workers) in &mut chosen {
            retain_idle(operation, fleet, workers).await?;
        }
    }
    chosen.retain(|(_, workers)| !workers.is_empty());
    if chosen.is_empty() {
        return Ok(Stop::Nothing);
    }
    for (fleet, workers) in &chosen {
        let held = rows.iter().any(|row| row.record.id == fleet.id && row.lock.is_some());
        operation.user.tell(&announcement(fleet, workers, request.now, held));
    }
    let number: usize = chosen.iter().map(|(_, workers)| workers.len()).sum();
    if !operation.user.confirm(&format!("Stop {}?", counted(number, "worker")))? {
        return Ok(Stop::Declined);
    }
    let state = operation.workspace.existing_state()?.ok_or_else(|| CommandError::new("the state file is gone"))?;
    let mut stops = operation.user.stops(Some("What was ordered stays recorded; the same command goes on."))?;
    let mut ordered = Vec::new();
    for (fleet, workers) in chosen {
        let machines: Vec<MachineId> = workers.iter().map(|worker| worker.id.clone()).collect();
        let mut order = Order { operation, state: &state, id: &fleet.id, machines, request, told: BTreeSet::new() };
        let after = order.carry_out(&mut stops).await?;
        let now_is = |worker: &Worker| {
            let gone = Worker { phase: WorkerPhase::Gone, ..worker.clone() };
            // One that is forgotten has been gone for a day.
            (fleet.id.name.clone(), after.workers.get(&worker.id).cloned().unwrap_or(gone))
        };
        ordered.extend(workers.into_iter().map(now_is));
    }
    Ok(Stop::Ordered(ordered))
}

/// Without a state file there are no workers.
fn nothing(request: &StopWorkers<'_>) -> Result<Stop, CommandError> {
    match request.which {
        Which::Named(names) => {
            let message = format!("there is no worker {}: no fleet is recorded", names.join(", ").escape_debug());
            Err(CommandError::with_exit(Exit::Usage, message))
        }
        Which::Idle | Which::All => Ok(Stop::Nothing),
    }
}

/// Keeps the workers that the server tells to have no job. One that the server does not know is starting, and is not
/// idle.
///
/// # Errors
/// The server does not tell.
async fn retain_idle(operation: Operation<'_>, fleet: &Fleet, workers: &mut Vec<&Worker>) -> Result<(), CommandError> {
    let told =
        told(operation.workspace, fleet).await.and_then(|told| told.ok_or_else(|| "it has no server".to_owned()));
    let told = told.map_err(|why| {
        CommandError::new(format!("which workers of fleet {} are idle is not known: {why}", fleet.id.name))
            .hint("name the workers that are to be stopped")
    })?;
    workers.retain(|worker| told.get(&worker.id).is_some_and(|told| told.idle));
    Ok(())
}

/// Says what will become of workers.
fn announcement(fleet: &Fleet, workers: &[&Worker], now: bool, held: bool) -> String {
    let (name, number) = (&fleet.id.name, workers.len());
    let mut names: Vec<&str> = workers.iter().map(|worker| worker.name.as_str()).collect();
    names.sort_by_key(|name| (name.len(), *name));
    let what = match now {
        true => format!("will be ended at once, with {} jobs", agreeing(number, "its", "their")),
        false => {
            format!("will accept no more work, and be ended when {} no job", agreeing(number, "it has", "they have"))
        }
    };
    let replaced = if held { "; the fleet's scaler may launch others where jobs wait" } else { "" };
    format!("fleet {name}: {} {what}: {}{replaced}", counted(number, "worker"), some_of(&names))
}

/// Workers of one fleet that are to end.
struct Order<'a> {
    operation: Operation<'a>,
    state: &'a StateFile,
    id: &'a FleetId,
    machines: Vec<MachineId>,
    request: &'a StopWorkers<'a>,
    /// What was told to the user, each once.
    told: BTreeSet<String>,
}

impl Order<'_> {
    /// Leaves the order, and waits until the workers are gone, or the patience is over. Returns the fleet.
    async fn carry_out(&mut self, stops: &mut Stops) -> Result<Fleet, CommandError> {
        let machines = self.machines.clone();
        let request = match self.request.now {
            true => FleetRequest::End { machines },
            false => FleetRequest::Drain { machines },
        };
        let number = self.state.request_fleet(self.id, &request, &Owner::current())?;
        let mut ending_since = Instant::now();
        let mut hand: Option<Hand> = None;
        loop {
            if hand.is_none() && holder(self.state, self.id)?.is_none() {
                hand = Some(Hand::of_record(self.operation, self.state, self.id).await?);
            }
            if let Some(hand) = &mut hand {
                hand.take_requests().await?;
                let pass = hand.tend().await?;
                self.tell(&pass);
            } else if let Some(answer) = self.state.fleet_answer(self.id, number)? {
                refusal(&request, &answer)?;
            }
            let fleet = match &hand {
                Some(hand) => hand.fleet().clone(),
                None => self.state.fleet(self.id)?,
            };
            // Jobs are waited for without an end.
            if self.left(&fleet).any(|worker| worker.phase == WorkerPhase::Draining) {
                ending_since = Instant::now();
            }
            if self.left(&fleet).next().is_none() || ending_since.elapsed() >= self.request.patience {
                return Ok(fleet);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stops.wished() => return Err(self.interrupted(&fleet, stops)),
            }
        }
    }

    /// Returns the workers that are not known to be gone.
    fn left<'f>(&self, fleet: &'f Fleet) -> impl Iterator<Item = &'f Worker> {
        self.machines.iter().filter_map(|id| fleet.workers.get(id)).filter(|worker| worker.phase != WorkerPhase::Gone)
    }

    /// Tells what holds the end up.
    fn tell(&mut self, pass: &PassRecord) {
        for note in pass.notes.iter().map(note_sentence) {
            if self.told.insert(note.clone()) {
                self.operation.user.note(&note);
            }
        }
    }

    fn interrupted(&self, fleet: &Fleet, stops: &Stops) -> CommandError {
        let names: Vec<&str> = self.left(fleet).map(|worker| worker.name.as_str()).collect();
        let now = if self.request.now { " --now" } else { "" };
        CommandError::with_exit(stops.exit(), format!("not proved gone: {}", some_of(&names)))
            .hint(format!("hoist worker stop{now} {}", names.join(" ")))
    }
}
