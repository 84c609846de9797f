//! `hoist elastic once`

use std::path::PathBuf;
use std::sync::Arc;

use super::fleet_parent::fleet_parent;
use super::fleet_session::{FleetSession, Recorded, parts, unrecorded};
use super::given_parent::GivenParent;
use super::open_fleet::OpenFleet;
use super::run::open;
use super::uninformed::is_uninformed;
use crate::app::{CommandError, Exit, Operation};
use crate::provider::Clock;
use crate::scaler::{Fleet, FleetPhase, MemoryFleetJournal, PassRecord, RequestAnswer, Scaler};
use crate::state::{PassQuery, StateError, StateFile};

/// One pass of each of some fleets.
pub(crate) struct OncePasses {
    /// Each fleet as it is after its pass, with the pass.
    pub(crate) passes: Vec<(Fleet, PassRecord)>,
    /// The exit code.
    pub(crate) exit: Exit,
}

/// Makes one pass of each fleet. A dry run decides and tells, and changes nothing.
///
/// # Errors
/// A file is refused, another process serves a fleet, or nothing can be recorded.
pub(crate) async fn once(
    op: Operation<'_>,
    configs: &[PathBuf],
    parent: Option<&GivenParent>,
    dry_run: bool,
) -> Result<OncePasses, CommandError> {
    let opened = open(op, configs).await?;
    let passes = if dry_run { dry(op, &opened, parent).await? } else { wet(op, opened, parent).await? };
    let exit = passes.iter().map(|(_, pass)| exit(pass, dry_run)).max_by_key(|exit| match exit {
        Exit::Failed => 2,
        Exit::Changed => 1,
        _ => 0,
    });
    Ok(OncePasses { passes, exit: exit.unwrap_or(Exit::Done) })
}

async fn wet(
    op: Operation<'_>,
    opened: Vec<OpenFleet>,
    parent: Option<&GivenParent>,
) -> Result<Vec<(Fleet, PassRecord)>, CommandError> {
    let state = op.workspace.state()?;
    let sessions =
        opened.into_iter().map(|fleet| FleetSession::hold(&state, fleet, parent)).collect::<Result<Vec<_>, _>>()?;
    let clock = Clock::wall();
    let mut passes = Vec::new();
    for session in sessions {
        let (mut scaler, _, _lock) = session.start(op.workspace, &state, clock, parent).await?;
        requests(&mut scaler).await?;
        let pass = scaler.pass().await?;
        passes.push((scaler.fleet().clone(), pass));
    }
    Ok(passes)
}

/// Takes in what other processes asked for. The file has just been read.
async fn requests(scaler: &mut Scaler) -> Result<(), CommandError> {
    while let Some((request, _)) = scaler.take_requests().await?.reload {
        let message = "the file was read again and holds".to_owned();
        scaler.answer(request, &RequestAnswer::Done { message }).await?;
    }
    Ok(())
}

async fn dry(
    op: Operation<'_>,
    opened: &[OpenFleet],
    parent: Option<&GivenParent>,
) -> Result<Vec<(Fleet, PassRecord)>, CommandError> {
    let state = op.workspace.state_to_read()?;
    let clock = Clock::wall();
    let mut passes = Vec::new();
    for fleet in opened {
        let recorded = recorded(state.as_ref(), fleet)?;
        if let Some(state) = &state {
            fleet_parent(state, fleet, &recorded.fleet, parent)?;
        }
        let journal = Arc::new(MemoryFleetJournal::of(recorded.fleet.clone(), recorded.memory.clone()));
        let shown = Fleet { text: fleet.text.clone(), path: fleet.path.clone(), ..recorded.fleet.clone() };
        let pass = Scaler::rehearse(parts(op.workspace, fleet, recorded, journal, clock, None)?).await?;
        passes.push((shown, pass));
    }
    Ok(passes)
}

/// Returns what the state file has of a fleet; of one that it does not know, what it begins with.
fn recorded(state: Option<&StateFile>, opened: &OpenFleet) -> Result<Recorded, CommandError> {
    let new = || Recorded { fleet: unrecorded(opened), memory: None, passes: 0 };
    let Some(state) = state else { return Ok(new()) };
    let fleet = match state.find_fleet(&opened.name) {
        Ok(fleet) if fleet.phase != FleetPhase::Ended => fleet,
        Ok(_) | Err(StateError::FleetNotFound { .. }) => return Ok(new()),
        Err(error) => return Err(error.into()),
    };
    let memory = state.fleet_memory(&fleet.id)?;
    let passes = state.fleet_passes(&fleet.id, &PassQuery::Newest(1))?.last().map_or(0, |pass| pass.number);
    Ok(Recorded { fleet, memory, passes })
}

fn exit(pass: &PassRecord, dry_run: bool) -> Exit {
    let outcome = pass.outcome.as_ref();
    let is_refused = outcome.is_some_and(|outcome| outcome.refused > 0 || !outcome.unterminated.is_empty());
    if is_uninformed(pass) || is_refused {
        return Exit::Failed;
    }
    if dry_run && !pass.decisions.is_empty() { Exit::Changed } else { Exit::Done }
}
