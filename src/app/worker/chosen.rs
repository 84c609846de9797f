//! The workers that a command is about.

use crate::app::elastic::FoundFleet;
use crate::app::{CommandError, Exit, Operation};
use crate::diagnostics::did_you_mean_word;
use crate::scaler::{Fleet, FleetName, Worker, WorkerPhase};
use crate::state::{FleetRow, StateFile};

/// Returns the state file with its living fleets, or with the one of this name. None: there is no state file.
///
/// # Errors
/// There is no such fleet, it has ended, or the state file cannot be read.
pub(super) fn fleets(
    operation: Operation<'_>,
    name: Option<&FleetName>,
) -> Result<Option<(StateFile, Vec<FleetRow>)>, CommandError> {
    if let Some(name) = name {
        let found = FoundFleet::to_read(operation.workspace, name)?;
        return Ok(Some((found.state, vec![found.row])));
    }
    let Some(state) = operation.workspace.state_to_read()? else { return Ok(None) };
    let rows = state.fleets(false)?;
    Ok(Some((state, rows)))
}

/// Finds the workers of these names or ids; tells of those that are gone already. Returns each fleet with its workers.
///
/// # Errors
/// No fleet has a worker of a name, with the nearest, or several fleets have one.
pub(super) fn named<'f>(
    operation: Operation<'_>,
    fleets: &'f [FleetRow],
    names: &[String],
) -> Result<Vec<(&'f Fleet, Vec<&'f Worker>)>, CommandError> {
    let all = || fleets.iter().flat_map(|row| row.record.workers.values().map(|worker| (&row.record, worker)));
    let mut found: Vec<(&Fleet, Vec<&Worker>)> = Vec::new();
    for named in names {
        let mut of_name = all().filter(|(_, worker)| worker.id.as_str() == named || worker.name == *named);
        let Some((fleet, worker)) = of_name.next() else {
            let message = format!("there is no worker \"{}\"", named.escape_debug());
            let known = all().flat_map(|(_, worker)| [worker.id.as_str(), worker.name.as_str()]);
            let hint = did_you_mean_word(named, known).unwrap_or_else(|| "`hoist worker list` names them".to_owned());
            return Err(CommandError::with_exit(Exit::Usage, message).hint(hint));
        };
        if let Some((other, _)) = of_name.find(|(other, _)| other.id != fleet.id) {
            let message = format!("fleets {} and {} both have a worker {named}", fleet.id.name, other.id.name);
            return Err(
                CommandError::with_exit(Exit::Usage, message).hint("name it by its id, or its fleet by --fleet")
            );
        }
        if worker.phase == WorkerPhase::Gone {
            operation.user.note(&format!("{} is gone already", worker.name));
            continue;
        }
        match found.iter_mut().find(|(known, _)| known.id == fleet.id) {
            Some((_, workers)) if workers.iter().any(|known| known.id == worker.id) => {}
            Some((_, workers)) => workers.push(worker),
            None => found.push((fleet, vec![worker])),
        }
    }
    Ok(found)
}

/// Returns the only fleet that has workers, with all of them, or none.
///
/// # Errors
/// Several fleets have workers: that all are meant must not be guessed.
pub(super) fn all(fleets: &[FleetRow]) -> Result<Option<(&Fleet, Vec<&Worker>)>, CommandError> {
    let with_workers = fleets.iter().map(|row| (&row.record, row.record.present().collect::<Vec<_>>()));
    let mut with_workers = with_workers.filter(|(_, workers)| !workers.is_empty());
    let first = with_workers.next();
    match (&first, with_workers.next()) {
        (Some((one, _)), Some((other, _))) => {
            let message = format!("fleets {} and {} have workers", one.id.name, other.id.name);
            Err(CommandError::with_exit(Exit::Usage, message).hint("--fleet NAME says which is meant"))
        }
        _ => Ok(first),
    }
}
