//! Why a fleet's scaler did something, or nothing.

use jiff::Timestamp;

use super::drain::{find_worker, is_named};
use super::find_fleet::FoundFleet;
use crate::app::{CommandError, Operation};
use crate::report::{FleetStanding, LifeStep, machine_life};
use crate::scaler::{Fleet, FleetEvent, FleetName, PassRecord, Worker};
use crate::state::PassQuery;

/// Which passes are asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WhichPasses {
    /// The last ones.
    Last(usize),
    /// The one that held at a time.
    At(Timestamp),
}

/// Passes of a fleet, oldest first.
pub(crate) struct WhyPasses {
    /// Where the fleet stands.
    pub(crate) standing: FleetStanding,
    /// The passes.
    pub(crate) passes: Vec<PassRecord>,
    /// The last pass that decided something, if none of the passes did.
    pub(crate) last_change: Option<PassRecord>,
}

/// Most passes that are searched for the last one that decided something.
const SEARCHED: usize = 2000;

/// Finds passes of a fleet.
///
/// # Errors
/// There is no such fleet, or the state file cannot be read.
pub(crate) fn why(operation: Operation<'_>, name: &FleetName, which: WhichPasses) -> Result<WhyPasses, CommandError> {
    let found = FoundFleet::to_read(operation.workspace, name)?;
    let id = &found.row.record.id;
    let passes = match which {
        WhichPasses::Last(number) => found.state.fleet_passes(id, &PassQuery::Newest(number))?,
        WhichPasses::At(time) => {
            let around = found.state.fleet_passes(id, &PassQuery::Around(time))?;
            // The one that held is the last that was made by then.
            around.into_iter().rfind(|pass| pass.at <= time).into_iter().collect()
        }
    };
    let changes = |pass: &PassRecord| !pass.decisions.is_empty();
    let last_change = match which {
        WhichPasses::Last(_) if !passes.iter().any(changes) => {
            found.state.fleet_passes(id, &PassQuery::Newest(SEARCHED))?.into_iter().rfind(changes)
        }
        _ => None,
    };
    Ok(WhyPasses { standing: found.standing(operation.user.wants_document()), passes, last_change })
}

/// A worker with its life.
pub(crate) struct WhyMachine {
    pub(crate) worker: Worker,
    pub(crate) life: Vec<LifeStep>,
}

/// Tells the life of a worker, which is named by id or name.
///
/// # Errors
/// There is no such fleet or worker, or the state file cannot be read.
pub(crate) fn why_machine(
    operation: Operation<'_>,
    name: &FleetName,
    machine: &str,
) -> Result<WhyMachine, CommandError> {
    let found = FoundFleet::to_read(operation.workspace, name)?;
    let record = &found.row.record;
    let journal = found.state.fleet_journal(&record.id)?;
    let worker = match find_worker(record, machine) {
        Ok(worker) => worker.clone(),
        // One that is gone for long is in the journal alone.
        Err(unknown) => past_worker(record, &journal, machine).ok_or(unknown)?,
    };
    let life = machine_life(&worker, &journal);
    Ok(WhyMachine { worker, life })
}

/// Finds a worker that the fleet has forgotten, as it was when the journal last knew it.
pub(super) fn past_worker(fleet: &Fleet, journal: &[(Timestamp, FleetEvent)], named: &str) -> Option<Worker> {
    let mut replayed = Fleet::new(fleet.id.clone(), fleet.created_at);
    let mut found: Option<Worker> = None;
    for (at, event) in journal {
        replayed.apply(*at, event);
        let known = match &found {
            Some(worker) => replayed.workers.get(&worker.id),
            None => replayed.workers.values().find(|worker| is_named(worker, named)),
        };
        if let Some(worker) = known.filter(|worker| found.as_ref() != Some(*worker)) {
            found = Some(worker.clone());
        }
    }
    found
}
