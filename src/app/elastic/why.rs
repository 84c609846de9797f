//! Why a fleet's scaler did something, or nothing.

use jiff::{SignedDuration, Timestamp};

use super::drain::{find_worker, is_named};
use super::find_fleet::FoundFleet;
use crate::app::{CommandError, Exit, Operation};
use crate::report::time::{age, duration, local};
use crate::report::{AskedWorker, FleetStanding, LifeStep, Whose, launch_life, machine_life};
use crate::scaler::{Fleet, FleetEvent, FleetName, FleetPhase, PassRecord, Worker};
use crate::state::PassQuery;

/// Which passes are asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WhichPasses {
    /// The last one, with what earlier ones alone tell.
    Latest,
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
    /// What a person should know, a sentence each.
    pub(crate) warnings: Vec<String>,
}

/// Time after a pass from which another one should have been made.
const LONG: SignedDuration = SignedDuration::from_mins(10);

/// Most passes that are searched for the last one that decided something.
const SEARCHED: usize = 2000;

/// Finds passes of a fleet.
///
/// # Errors
/// There is no such fleet, no pass was made by the time that is asked about, or the state file cannot be read.
pub(crate) fn why(operation: Operation<'_>, name: &FleetName, which: WhichPasses) -> Result<WhyPasses, CommandError> {
    let found = FoundFleet::to_read(operation.workspace, name)?;
    let id = &found.row.record.id;
    let passes = match which {
        WhichPasses::Latest => found.row.last_pass.iter().cloned().collect(),
        WhichPasses::Last(number) => found.state.fleet_passes(id, &PassQuery::Newest(number))?,
        WhichPasses::At(time) => vec![pass_at(&found, time)?],
    };
    let changes = |pass: &PassRecord| !pass.decisions.is_empty();
    let last_change = match which {
        WhichPasses::Latest | WhichPasses::Last(_) if !passes.iter().any(changes) => {
            found.state.fleet_passes(id, &PassQuery::Newest(SEARCHED))?.into_iter().rfind(changes)
        }
        _ => None,
    };
    let in_document = operation.user.wants_document();
    let standing = match which {
        WhichPasses::Latest => found.standing_and_next(in_document)?,
        _ => found.standing(in_document),
    };
    let warnings = match which {
        WhichPasses::Latest | WhichPasses::Last(_) => {
            standing.warnings(Timestamp::now()).into_iter().chain(ended(&standing)).collect()
        }
        WhichPasses::At(time) => passes.iter().filter_map(|pass| silence(pass, time)).collect(),
    };
    Ok(WhyPasses { standing, passes, last_change, warnings })
}

/// Returns the pass that held at a time: the last that was made by then.
fn pass_at(found: &FoundFleet, time: Timestamp) -> Result<PassRecord, CommandError> {
    let (id, now) = (&found.row.record.id, Timestamp::now());
    let name = &id.name;
    if time > now {
        let message = format!("{} is still to come", local(time));
        let hint = format!("`hoist elastic why {name}` tells the last pass");
        return Err(CommandError::with_exit(Exit::Usage, message).hint(hint));
    }
    let around = found.state.fleet_passes(id, &PassQuery::Around(time))?;
    let first = around.first().map(|pass| format!("the first that is recorded was made at {}", local(pass.at)));
    around.into_iter().rfind(|pass| pass.at <= time).ok_or_else(|| {
        let message = format!("no pass of {name} is recorded of {}", local(time));
        CommandError::new(message).hint(first.unwrap_or_else(|| "it has made no pass yet".to_owned()))
    })
}

/// Says that a fleet has ended.
fn ended(standing: &FleetStanding) -> Option<String> {
    let is_ended = standing.record.phase == FleetPhase::Ended;
    is_ended.then(|| format!("the fleet ended at {}", local(standing.updated_at)))
}

/// Says that no pass was made for long before the time that is asked about.
fn silence(pass: &PassRecord, time: Timestamp) -> Option<String> {
    let before = time.duration_since(pass.end());
    (before > LONG).then(|| {
        let length = duration(age(pass.end(), time));
        format!("this is the last pass before {}, made {length} earlier; none was made in between", local(time))
    })
}

/// A worker with its life.
pub(crate) struct WhyMachine {
    pub(crate) whose: Whose,
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
    let whose = match find_worker(record, machine) {
        Ok(worker) => Whose::Worker(Box::new(worker.clone())),
        // One that is gone for long is in the journal alone, and so is a name that no machine has got.
        Err(unknown) => {
            let past = past_worker(record, &journal, machine).map(|worker| Whose::Worker(Box::new(worker)));
            past.or_else(|| nameless(record, &journal, machine)).ok_or(unknown)?
        }
    };
    let life = match &whose {
        Whose::Worker(worker) => machine_life(worker, &journal),
        Whose::Name(asked) => launch_life(asked, &journal),
    };
    Ok(WhyMachine { whose, life })
}

/// Finds the launch that asked for a worker of this name, which no machine has got.
fn nameless(fleet: &Fleet, journal: &[(Timestamp, FleetEvent)], named: &str) -> Option<Whose> {
    journal.iter().find_map(|(_, event)| match event {
        FleetEvent::LaunchIntended { intent } if intent.names.iter().any(|name| name == named) => {
            let is_open = fleet.launching.contains_key(&intent.token);
            Some(Whose::Name(AskedWorker { name: named.to_owned(), intent: intent.clone(), is_open }))
        }
        _ => None,
    })
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
