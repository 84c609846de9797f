//! What the work behind an action tells the driver.

use std::pin::Pin;

use super::action::Action;
use super::event::ServiceEvent;
use super::failure::Failure;
use super::remain::Remain;
use super::store::ProgramOutput;
use super::waits::Wait;
use crate::provider::CapacityError;

/// What came of an action, or is told on its way.
#[derive(Default)]
pub(super) struct TaskResult {
    /// What happened to services, in order.
    pub(super) changes: Vec<(usize, ServiceEvent)>,
    /// The offers of a launch that had no capacity.
    pub(super) refusals: Vec<CapacityError>,
    /// What a program printed; the driver sets the time.
    pub(super) outputs: Vec<ProgramOutput>,
    /// What could not be begun for a reason that is on this side, seen only once it was announced.
    pub(super) held_up: Vec<(Action, Failure)>,
    /// For the user.
    pub(super) notes: Vec<String>,
    /// Hosts of services that do not answer yet, for the user.
    pub(super) waits: Vec<(usize, Wait)>,
    /// The clouds were asked about this many instances, and none of the run is left.
    pub(super) proved_gone: Option<usize>,
    /// Why that is not so: what else is left, or who could not say.
    pub(super) remains: Vec<Remain>,
}

impl TaskResult {
    /// This happened to the service at `position`.
    pub(super) fn of(position: usize, change: ServiceEvent) -> Self {
        Self { changes: vec![(position, change)], ..Self::default() }
    }
}

/// An action being carried out.
pub(super) type TaskFuture = Pin<Box<dyn Future<Output = TaskResult> + Send>>;
