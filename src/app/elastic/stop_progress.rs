//! How far the end of a fleet is.

use crate::app::{CommandError, Exit, Interaction, Stops};
use crate::report::some_of;
use crate::scaler::{Fleet, FleetPhase};

/// Returns the error of a user who does not wait.
pub(super) fn interrupted(fleet: &Fleet, stops: &Stops) -> CommandError {
    let names: Vec<&str> = fleet.present().map(|worker| worker.name.as_str()).collect();
    let name = &fleet.id.name;
    CommandError::with_exit(stops.exit(), format!("fleet {name} is not proved gone: {}", some_of(&names)))
        .hint(format!("hoist elastic stop {name}"))
}

/// Returns the error of a fleet whose end is not proved.
pub(super) fn not_proved(fleet: &Fleet, why: &str) -> CommandError {
    let names: Vec<&str> = fleet.present().map(|worker| worker.name.as_str()).collect();
    let name = &fleet.id.name;
    let message = format!("fleet {name} is not proved gone ({}): {why}", some_of(&names));
    CommandError::with_exit(Exit::Remains, message).hint(format!("hoist elastic stop {name}"))
}

/// Tells how far the end of a fleet is, once for each change.
pub(super) struct StopProgress {
    begun_with: usize,
    told: Option<(usize, usize)>,
}

impl StopProgress {
    /// Begins with the workers that a fleet has.
    pub(super) fn of(fleet: &Fleet) -> Self {
        Self { begun_with: fleet.present().count(), told: None }
    }

    /// Tells how far it is, if that has changed.
    pub(super) fn show(&mut self, fleet: &Fleet, user: &dyn Interaction) {
        let draining = fleet.present().filter(|worker| worker.phase.is_live()).count();
        let ending = fleet.present().count() - draining;
        if fleet.phase == FleetPhase::Running || self.told == Some((draining, ending)) {
            return;
        }
        self.told = Some((draining, ending));
        let gone = self.begun_with.saturating_sub(draining + ending);
        user.tell(&format!("{gone} of {} gone, {ending} ending, {draining} still may have jobs", self.begun_with));
    }
}
