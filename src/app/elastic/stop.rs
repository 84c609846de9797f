//! The end of a fleet.

use std::time::Duration;

use jiff::Timestamp;

use super::find_fleet::FoundFleet;
use super::request::holder;
use super::stop_alone::stop_alone;
use super::stop_progress::{StopProgress, interrupted};
use crate::app::{CommandError, Operation};
use crate::diagnostics::agreeing;
use crate::elastic::engine::MachineId;
use crate::report::time::{age, duration, local};
use crate::report::{count, some_of};
use crate::scaler::{Fleet, FleetName, FleetPhase, FleetRequest, Worker};
use crate::state::Owner;

/// Time between two looks at how far the scaler is.
const LOOK: Duration = Duration::from_millis(500);

/// How a fleet is ended.
#[derive(Clone, Debug)]
pub(crate) struct StopFleet {
    /// The fleet.
    pub(crate) name: FleetName,
    /// Whether its workers stay until their leases end.
    pub(crate) keep_workers: bool,
    /// Whether its workers are ended at once, with the jobs that run on them.
    pub(crate) now: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The user declined.
    Declined,
    /// The fleet has ended.
    Ended {
        /// Number of workers that were ended.
        ended: usize,
        /// Workers that stay until their leases end.
        kept: Vec<MachineId>,
    },
}

/// Ends a fleet and waits until every worker is proved gone, or is to stay. Its scaler does the work; without one, this
/// process takes its place.
///
/// # Errors
/// There is no such fleet, nobody can be asked, or workers are not proved gone; the message names them.
pub(crate) async fn stop(operation: Operation<'_>, request: &StopFleet) -> Result<Stopped, CommandError> {
    let found = FoundFleet::to_change(operation.workspace, &request.name)?;
    let before = &found.row.record;
    let user = operation.user;
    user.tell(&announcement(before, request, Timestamp::now()));
    if found.row.lock.is_none() && !request.keep_workers && before.present().next().is_some() {
        user.tell(
            "no scaler runs it: this command ends them itself, and waits until they are gone; after Ctrl-C the same \
             command goes on",
        );
    }
    if !user.confirm(&format!("End fleet {}?", request.name))? {
        return Ok(Stopped::Declined);
    }
    let stop = FleetRequest::Stop { keep_workers: request.keep_workers, now: request.now };
    found.state.request_fleet(&before.id, &stop, &Owner::current())?;
    let mut stops = user.stops(Some("The fleet goes on ending where a scaler runs it."))?;
    let mut progress = StopProgress::of(before);
    let mut fleet = loop {
        let fleet = found.state.fleet(&before.id)?;
        progress.show(&fleet, user);
        if fleet.phase == FleetPhase::Ended || holder(&found.state, &before.id)?.is_none() {
            break fleet;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stops.wished() => return Err(interrupted(&fleet, &stops)),
        }
    };
    if fleet.phase != FleetPhase::Ended {
        fleet = stop_alone(operation, &found.state, &before.id, &mut stops, &mut progress).await?;
    }
    let kept = fleet.present().map(|worker| worker.id.clone()).collect::<Vec<_>>();
    let ended = before.present().count().saturating_sub(kept.len());
    Ok(Stopped::Ended { ended, kept })
}

/// Says what will become of a fleet's workers.
fn announcement(fleet: &Fleet, request: &StopFleet, now: Timestamp) -> String {
    let name = &fleet.id.name;
    let workers: Vec<&Worker> = fleet.present().collect();
    let mut names: Vec<&str> = workers.iter().map(|worker| worker.name.as_str()).collect();
    // crunch-9 before crunch-10.
    names.sort_by_key(|name| (name.len(), *name));
    let again = if fleet.phase == FleetPhase::Stopping { "is ending already; " } else { "" };
    let last = workers.iter().map(|worker| worker.expires_at).max();
    match (workers.len(), request.keep_workers, last) {
        (0, ..) => format!("fleet {name} {again}has no workers"),
        (number, true, Some(last)) => format!(
            "fleet {name}: {again}{} will stay, and end with {} in {} ({}): {}",
            count(number, "worker"),
            agreeing(number, "its lease", "their leases, the last"),
            duration(age(now, last)),
            local(last),
            some_of(&names)
        ),
        (number, ..) if request.now => format!(
            "fleet {name}: {again}{} will be ended at once, with {} jobs: {}",
            count(number, "worker"),
            agreeing(number, "its", "their"),
            some_of(&names)
        ),
        (number, ..) => format!(
            "fleet {name}: {again}{} will accept no more work, and be ended when {} no jobs: {}",
            count(number, "worker"),
            agreeing(number, "it has", "they have"),
            some_of(&names)
        ),
    }
}
