//! Launches that a person asked for, from the request to the cloud's answer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::hand::{Hand, refusal};
use crate::app::elastic::{OpenFleet, holder};
use crate::app::{CommandError, Operation, Stops};
use crate::elastic::engine::Reason;
use crate::report::{StartedWorker, note_sentence};
use crate::scaler::{Fleet, FleetEvent, FleetId, FleetName, FleetPhase, FleetRequest, LaunchIntent};
use crate::state::{Owner, StateError, StateFile};

/// Time between two looks at what came of a launch.
const LOOK: Duration = Duration::from_millis(500);

/// What is known of launches by hand of a fleet before a command.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    /// Workers that were asked for and whose launches have no answer yet: an earlier command was cut off.
    pub(super) open: u32,
    /// Tokens of the launches that have one.
    answered: BTreeSet<String>,
}

impl Before {
    /// Reads it.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub(super) fn read(state: Option<&StateFile>, name: &FleetName) -> Result<Self, CommandError> {
        let Some(state) = state else { return Ok(Self::default()) };
        let Some(fleet) = living(state, name)? else { return Ok(Self::default()) };
        let intended = fleet.launching.values().filter(|intent| is_by_hand(intent));
        let intended: usize = intended.map(|intent| intent.names.len()).sum();
        let asked = state.open_fleet_requests(&fleet.id)?.into_iter().filter_map(|(_, request)| match request {
            FleetRequest::Launch { count, .. } => Some(count),
            _ => None,
        });
        let open = asked.fold(u32::try_from(intended).unwrap_or(u32::MAX), u32::saturating_add);
        Ok(Self { open, answered: fleet.launched.keys().cloned().collect() })
    }
}

fn is_by_hand(intent: &LaunchIntent) -> bool {
    intent.reason == Reason::Requested
}

/// Returns the fleet of a name that has not ended.
///
/// # Errors
/// The state file cannot be read.
pub(super) fn living(state: &StateFile, name: &FleetName) -> Result<Option<Fleet>, CommandError> {
    match state.find_fleet(name) {
        Ok(fleet) if fleet.phase != FleetPhase::Ended => Ok(Some(fleet)),
        Ok(_) | Err(StateError::FleetNotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Launches workers and waits for the cloud's answers. The fleet's scaler does the work; without one, this process
/// takes its place. `new` is what is asked for now; none: an earlier command has asked, and is gone on with.
///
/// # Errors
/// A limit does not allow it, nothing can be recorded, or the user does not wait; what is recorded stays so, and the
/// same command goes on.
pub(super) async fn launch(
    operation: Operation<'_>,
    opened: OpenFleet,
    new: Option<&FleetRequest>,
    before: &Before,
) -> Result<Vec<StartedWorker>, CommandError> {
    let state = operation.workspace.state()?;
    let mut stops = operation.user.stops(Some("What was announced stays recorded; the same command goes on."))?;
    let running = match living(&state, &opened.name)? {
        Some(fleet) => holder(&state, &fleet.id)?.map(|_| fleet.id),
        None => None,
    };
    let (id, asked) = match running {
        Some(id) => {
            let is_done = by_scaler(&state, &id, new, &mut stops).await?;
            (Some(id).filter(|_| is_done), true)
        }
        None => (None, false),
    };
    let id = match id {
        Some(id) => id,
        None => alone(operation, &state, opened, new.filter(|_| !asked), &mut stops).await?,
    };
    came_of(&state, &id, before)
}

/// Leaves the request to the process that holds the fleet; returns whether it has carried it out before it ended.
async fn by_scaler(
    state: &StateFile,
    id: &FleetId,
    new: Option<&FleetRequest>,
    stops: &mut Stops,
) -> Result<bool, CommandError> {
    let number = match new {
        Some(request) => Some((state.request_fleet(id, request, &Owner::current())?, request)),
        None => None,
    };
    loop {
        let answer = number.map(|(number, request)| Ok::<_, CommandError>((state.fleet_answer(id, number)?, request)));
        let is_answered = match answer.transpose()? {
            Some((Some(answer), request)) => refusal(request, &answer).map(|()| true)?,
            Some((None, _)) => false,
            None => state.open_fleet_requests(id)?.is_empty(),
        };
        if is_answered && !state.fleet(id)?.launching.values().any(is_by_hand) {
            return Ok(true);
        }
        if holder(state, id)?.is_none() {
            return Ok(false);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stops.wished() => return Err(interrupted(id, stops)),
        }
    }
}

/// Takes the fleet, asks, and makes the calls.
async fn alone(
    operation: Operation<'_>,
    state: &StateFile,
    opened: OpenFleet,
    new: Option<&FleetRequest>,
    stops: &mut Stops,
) -> Result<FleetId, CommandError> {
    let mut hand = Hand::of_file(operation, state, opened).await?;
    let id = hand.fleet().id.clone();
    if let Some(request) = new {
        state.request_fleet(&id, request, &Owner::current())?;
    }
    hand.take_requests().await?;
    let mut told = BTreeSet::new();
    while hand.fleet().launching.values().any(is_by_hand) {
        let pass = hand.tend().await?;
        let is_over = !hand.fleet().launching.values().any(is_by_hand);
        for note in pass.notes.iter().map(note_sentence).filter(|_| !is_over) {
            if told.insert(note.clone()) {
                operation.user.note(&note);
            }
        }
        if is_over {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stops.wished() => return Err(interrupted(&id, stops)),
        }
    }
    Ok(id)
}

fn interrupted(id: &FleetId, stops: &Stops) -> CommandError {
    CommandError::with_exit(stops.exit(), format!("workers of fleet {} have no answer of the cloud yet", id.name))
        .hint("the same command goes on, and launches none twice; `hoist worker list` shows what there is")
}

/// Returns what came of the launches that had no answer before.
fn came_of(state: &StateFile, id: &FleetId, before: &Before) -> Result<Vec<StartedWorker>, CommandError> {
    let fleet = state.fleet(id)?;
    let journal = state.fleet_journal(id)?;
    let mut started = Vec::new();
    let ended = fleet.launched.values().map(|(_, intent)| intent);
    for intent in ended.filter(|intent| is_by_hand(intent) && !before.answered.contains(&intent.token)) {
        for name in &intent.names {
            let worker = fleet.workers.values().find(|worker| worker.token == intent.token && worker.name == *name);
            let launched = worker.cloned().ok_or_else(|| why_not(&intent.token, &journal));
            started.push(StartedWorker { name: name.clone(), launched });
        }
    }
    // cloud-9 before cloud-10.
    started.sort_by_key(|worker| (worker.name.len(), worker.name.clone()));
    Ok(started)
}

/// Returns why a launch gave no machine.
fn why_not(token: &str, journal: &[(jiff::Timestamp, FleetEvent)]) -> String {
    let answer = journal.iter().rev().find_map(|(_, event)| match event {
        FleetEvent::Launched { token: of, refusals, error, .. } if of == token => Some((refusals, error)),
        _ => None,
    });
    match answer {
        Some((_, Some(error))) => error.clone(),
        Some((refusals, None)) if !refusals.is_empty() => {
            let refusals: Vec<String> = refusals
                .iter()
                .map(|refusal| format!("no capacity for {}: {}", refusal.offer, refusal.reason))
                .collect();
            refusals.join("; ")
        }
        _ => "the cloud gave none".to_owned(),
    }
}
