//! The fleets of the state file: whether their files can be taken in, and whether scalers run them.

use std::path::Path;

use jiff::Timestamp;

use crate::app::elastic::standing;
use crate::elastic::fleet::FleetFile;
use crate::provider::DoctorFinding;
use crate::report::FleetStanding;
use crate::scaler::FleetPhase;
use crate::state::StateFile;

/// Looks at each fleet that has not ended. A state file that cannot be read is told by its own finding.
pub(super) fn fleets(path: &Path) -> Vec<DoctorFinding> {
    let state = StateFile::open_to_read(path).ok().flatten();
    let rows = state.and_then(|state| state.fleets(false).ok()).unwrap_or_default();
    rows.into_iter().map(|row| finding(&standing(row, false), Timestamp::now())).collect()
}

fn finding(fleet: &FleetStanding, now: Timestamp) -> DoctorFinding {
    let record = &fleet.record;
    let name = &record.id.name;
    if let (FleetPhase::Running, Err(problems)) = (record.phase, FleetFile::load(&record.path)) {
        let problem = problems.0.first().map(ToString::to_string).unwrap_or_default();
        let remedy = "the fleet goes on with the file as it was taken in; a restart of its scaler would be refused";
        return DoctorFinding::wrong("fleet", format!("{name}: {problem}"), Some(remedy.to_owned()));
    }
    match (fleet.warnings(now).first(), &fleet.run_by) {
        (None, Some(holder)) => DoctorFinding::ok("fleet", format!("{name}, run by {holder}")),
        (None, None) => DoctorFinding::ok("fleet", name.to_string()),
        (Some(warning), _) => {
            DoctorFinding::absent("fleet", format!("{name}: {warning}"), format!("hoist elastic status {name}"))
        }
    }
}
