//! The end of a fleet.

use std::time::Duration;

use jiff::Timestamp;

use super::find_fleet::FoundFleet;
use super::request::holder;
use super::stop_alone::stop_alone;
use crate::app::{CommandError, Exit, Interaction, Operation, Stops};
use crate::elastic::engine::MachineId;
use crate::report::time::{age, duration, local};
use crate::report::{count, some_of};
use crate::scaler::{Fleet, FleetName, FleetPhase, FleetRequest, Worker, WorkerPhase};
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
    user.tell(&announcement(before, request.keep_workers, Timestamp::now()));
    if !user.confirm(&format!("End fleet {}?", request.name))? {
        return Ok(Stopped::Declined);
    }
    let stop = FleetRequest::Stop { keep_workers: request.keep_workers };
    found.state.request_fleet(&before.id, &stop, &Owner::current())?;
    let mut stops = user.stops(Some("The fleet goes on ending where a scaler runs it."))?;
    let mut progress = Progress::of(before);
    while holder(&found.state, &before.id)?.is_some() {
        progress.show(&found.state.fleet(&before.id)?, user);
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stops.wished() => return Err(interrupted(&found.state.fleet(&before.id)?, &stops)),
        }
        if found.state.fleet(&before.id)?.phase == FleetPhase::Ended {
            break;
        }
    }
    let mut fleet = found.state.fleet(&before.id)?;
    if fleet.phase != FleetPhase::Ended {
        fleet = stop_alone(operation, &found.state, &before.id, &mut stops, &mut progress).await?;
    }
    let kept = left(&fleet).map(|worker| worker.id.clone()).collect::<Vec<_>>();
    let ended = before.present().count().saturating_sub(kept.len());
    Ok(Stopped::Ended { ended, kept })
}

/// Says what will become of a fleet's workers.
fn announcement(fleet: &Fleet, keep_workers: bool, now: Timestamp) -> String {
    let name = &fleet.id.name;
    let workers: Vec<&Worker> = fleet.present().collect();
    let names: Vec<&str> = workers.iter().map(|worker| worker.name.as_str()).collect();
    let again = if fleet.phase == FleetPhase::Stopping { "is ending already; " } else { "" };
    let last = workers.iter().map(|worker| worker.expires_at).max();
    match (workers.len(), keep_workers, last) {
        (0, ..) => format!("fleet {name} {again}has no workers"),
        (number, true, Some(last)) => format!(
            "fleet {name}: {again}{} will stay, and end with their leases, the last in {} ({}): {}",
            count(number, "worker"),
            duration(age(now, last)),
            local(last),
            some_of(&names)
        ),
        (number, ..) => format!(
            "fleet {name}: {again}{} will accept no more work, and be ended when {} no jobs: {}",
            count(number, "worker"),
            if number == 1 { "it has" } else { "they have" },
            some_of(&names)
        ),
    }
}

/// Returns the workers that are not known to be gone.
pub(super) fn left(fleet: &Fleet) -> impl Iterator<Item = &Worker> {
    fleet.workers.values().filter(|worker| worker.phase != WorkerPhase::Gone)
}

/// Returns the error of a user who does not wait.
pub(super) fn interrupted(fleet: &Fleet, stops: &Stops) -> CommandError {
    let names: Vec<&str> = left(fleet).map(|worker| worker.name.as_str()).collect();
    let name = &fleet.id.name;
    CommandError::with_exit(stops.exit(), format!("fleet {name} is not proved gone: {}", some_of(&names)))
        .hint(format!("hoist elastic stop {name}"))
}

/// Returns the error of a fleet whose end is not proved.
pub(super) fn not_proved(fleet: &Fleet, why: &str) -> CommandError {
    let names: Vec<&str> = left(fleet).map(|worker| worker.name.as_str()).collect();
    let name = &fleet.id.name;
    let message = format!("fleet {name} is not proved gone ({}): {why}", some_of(&names));
    CommandError::with_exit(Exit::Remains, message).hint(format!("hoist elastic stop {name}"))
}

/// Tells how far the end of a fleet is, once for each change.
pub(super) struct Progress {
    begun_with: usize,
    told: Option<(usize, usize)>,
}

impl Progress {
    fn of(fleet: &Fleet) -> Self {
        Self { begun_with: fleet.present().count(), told: None }
    }

    pub(super) fn show(&mut self, fleet: &Fleet, user: &dyn Interaction) {
        let draining = left(fleet).filter(|worker| worker.phase.is_live()).count();
        let ending = left(fleet).count() - draining;
        if fleet.phase == FleetPhase::Running || self.told == Some((draining, ending)) {
            return;
        }
        self.told = Some((draining, ending));
        let gone = self.begun_with.saturating_sub(draining + ending);
        user.tell(&format!("{gone} of {} gone, {ending} ending, {draining} still may have jobs", self.begun_with));
    }
}
