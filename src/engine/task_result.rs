//! The reports of tasks to the driver.

use std::pin::Pin;

use super::action::Action;
use super::event::ServiceEvent;
use super::failure::Failure;
use super::remain::Remain;
use super::store::ProgramOutput;
use super::waits::Wait;
use crate::provider::CapacityError;

/// The result of an action, or a report on its way.
#[derive(Default)]
pub(super) struct TaskResult {
    /// The events of services, in order.
    pub(super) changes: Vec<(usize, ServiceEvent)>,
    /// The offers of a launch that had no capacity.
    pub(super) refusals: Vec<CapacityError>,
    /// Output of a program; the driver sets the time.
    pub(super) outputs: Vec<ProgramOutput>,
    /// Actions that could not begin for a local reason, seen only after their announcement.
    pub(super) held_up: Vec<(Action, Failure)>,
    /// Notes for the user.
    pub(super) notes: Vec<String>,
    /// Hosts of services that do not answer yet, for the user.
    pub(super) waits: Vec<(usize, Wait)>,
    /// The clouds were asked about this many instances, and none of the run is left.
    pub(super) proved_gone: Option<usize>,
    /// Leftovers, and clouds that could not tell, if that is not proved.
    pub(super) remains: Vec<Remain>,
}

impl TaskResult {
    /// Creates the result of one event of the service at `position`.
    pub(super) fn of(position: usize, change: ServiceEvent) -> Self {
        Self { changes: vec![(position, change)], ..Self::default() }
    }
}

/// An action being carried out.
pub(super) type TaskFuture = Pin<Box<dyn Future<Output = TaskResult> + Send>>;
