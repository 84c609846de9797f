//! The fleets of the state file: whether their files can be taken in, and whether scalers run them.

use std::path::Path;

use jiff::Timestamp;

use crate::app::elastic::{FleetLines, never_priced, standing};
use crate::diagnostics::Diagnostic;
use crate::elastic::fleet::FleetFile;
use crate::provider::DoctorFinding;
use crate::report::FleetStanding;
use crate::scaler::FleetPhase;
use crate::state::{FleetRow, StateFile};

/// Returns the fleets of a state file that have not ended. A state file that cannot be read is told by its own finding.
pub(super) fn living(path: &Path) -> Vec<FleetRow> {
    let state = StateFile::open_to_read(path).ok().flatten();
    state.and_then(|state| state.fleets(false).ok()).unwrap_or_default()
}

/// Looks at a fleet.
pub(super) fn fleet(row: &FleetRow) -> DoctorFinding {
    finding(&standing(row.clone(), false), Timestamp::now())
}

/// Returns the first problem of a fleet file for which a scaler would refuse it, as far as no cloud is asked.
fn problem(path: &Path) -> Option<String> {
    let first = |problems: Vec<Diagnostic>| problems.first().map(ToString::to_string);
    match FleetFile::load_with_text(path) {
        Ok((file, text)) => first(never_priced(&file, &FleetLines { file: path, text: &text })),
        Err(problems) => first(problems.0),
    }
}

fn finding(fleet: &FleetStanding, now: Timestamp) -> DoctorFinding {
    let record = &fleet.record;
    let name = &record.id.name;
    if let (FleetPhase::Running, Some(problem)) = (record.phase, problem(&record.path)) {
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
