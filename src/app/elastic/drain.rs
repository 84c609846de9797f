//! Workers that a person takes out.

use super::find_fleet::FoundFleet;
use super::request::{Asked, ask};
use crate::app::{CommandError, Exit, Operation};
use crate::diagnostics::did_you_mean_word;
use crate::elastic::engine::MachineId;
use crate::scaler::{Fleet, FleetName, FleetRequest, Worker, WorkerPhase};

/// Leaves the request to let workers accept no more work, and to end them when they have none. Workers are named by id
/// or by name.
///
/// # Errors
/// There is no such worker, none of them is to be drained any more, or the scaler refuses.
pub(crate) async fn drain(
    operation: Operation<'_>,
    name: &FleetName,
    machines: &[String],
    wait: bool,
) -> Result<(Vec<MachineId>, Asked), CommandError> {
    let found = FoundFleet::to_change(operation.workspace, name)?;
    let workers = machines.iter().map(|named| find_worker(&found.row.record, named)).collect::<Result<Vec<_>, _>>()?;
    let mut drained: Vec<MachineId> = Vec::new();
    for worker in workers {
        match worker.phase {
            WorkerPhase::Starting | WorkerPhase::Serving if !drained.contains(&worker.id) => {
                drained.push(worker.id.clone());
            }
            WorkerPhase::Starting | WorkerPhase::Serving => {}
            WorkerPhase::Draining => operation.user.note(&format!("{} is draining already", worker.name)),
            WorkerPhase::Ending | WorkerPhase::Terminating => {
                operation.user.note(&format!("{} is on its way down already", worker.name));
            }
            WorkerPhase::Gone => operation.user.note(&format!("{} is gone", worker.name)),
        }
    }
    if drained.is_empty() {
        let message = "nothing is left to drain".to_owned();
        return Ok((drained, Asked::Done { message }));
    }
    let request = FleetRequest::Drain { machines: drained.clone() };
    let asked = ask(operation.user, &found, &request, wait).await?;
    Ok((drained, asked))
}

/// Finds a worker by its id or its name.
///
/// # Errors
/// The fleet has none of that name; the nearest is named.
pub(super) fn find_worker<'f>(fleet: &'f Fleet, named: &str) -> Result<&'f Worker, CommandError> {
    fleet.workers.values().find(|worker| is_named(worker, named)).ok_or_else(|| {
        let name = &fleet.id.name;
        let message = format!("fleet {name} has no worker \"{}\"", named.escape_debug());
        let known = fleet.workers.values().flat_map(|worker| [worker.id.as_str(), worker.name.as_str()]);
        let hint = did_you_mean_word(named, known)
            .unwrap_or_else(|| format!("`hoist elastic status {name}` lists its workers"));
        CommandError::with_exit(Exit::Usage, message).hint(hint)
    })
}

/// Whether a worker has this id or name.
pub(super) fn is_named(worker: &Worker, named: &str) -> bool {
    worker.id.as_str() == named || worker.name == named
}
