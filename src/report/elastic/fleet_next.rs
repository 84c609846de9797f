//! What comes next in a fleet.

use jiff::Timestamp;
use serde::Serialize;

use super::fleet_bounds::FleetBoundsView;
use super::fleet_standing::FleetStanding;
use crate::report::time::{age, duration, local};
use crate::scaler::FleetPhase;

/// What comes next in a fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetNextView {
    /// When the next pass is due; one that is due already is under way, or begins now. Null: no scaler runs the fleet.
    pass: Option<Timestamp>,
    /// When leases are renewed next. Null: no scaler runs the fleet, no worker has a lease, or the cloud renews none.
    renewal: Option<Timestamp>,
    /// When a schedule changes the limits of the number of workers next. Null: none does.
    limits_at: Option<Timestamp>,
    /// The limits from then on.
    limits: Option<FleetBoundsView>,
}

impl FleetNextView {
    /// Reckons what comes next in a fleet, as of `now`.
    pub fn of(standing: &FleetStanding, now: Timestamp) -> Self {
        if standing.record.phase == FleetPhase::Ended {
            return Self { pass: None, renewal: None, limits_at: None, limits: None };
        }
        let due = standing.due.filter(|_| standing.run_by.is_some());
        let change = standing.file.as_ref().filter(|_| standing.record.phase == FleetPhase::Running);
        let change = change.and_then(|file| FleetBoundsView::next_change(file, &standing.record.overrides, now));
        let (limits_at, limits) = change.unzip();
        Self { pass: due.map(|due| due.pass), renewal: due.and_then(|due| due.renewal), limits_at, limits }
    }

    /// Says it in rows for people: a title and a sentence.
    pub(super) fn rows(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        rows.extend(self.pass.map(|pass| ("next pass", when(pass, now))));
        rows.extend(self.renewal.map(|renewal| ("leases", format!("renewed {}", when(renewal, now)))));
        rows.extend(self.limits_at.zip(self.limits.as_ref()).map(|(at, limits)| {
            ("schedule", format!("{} from {} on, {}", limits.sentence(), local(at), within(at, now)))
        }));
        rows
    }
}

/// Says when something is due: `at 2026-12-01 …, in 12 s`.
fn when(at: Timestamp, now: Timestamp) -> String {
    if at <= now { "now".to_owned() } else { format!("at {}, {}", local(at), within(at, now)) }
}

fn within(at: Timestamp, now: Timestamp) -> String {
    format!("in {}", duration(age(now, at)))
}
