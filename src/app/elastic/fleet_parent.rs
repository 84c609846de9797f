//! The run or annex that a fleet belongs to.

use super::fleet_lines::FleetLines;
use super::given_parent::GivenParent;
use super::open_fleet::OpenFleet;
use crate::annex::{AnnexName, AnnexPhase};
use crate::app::CommandError;
use crate::diagnostics::Diagnostic;
use crate::elastic::fleet::FleetParent;
use crate::engine::Run;
use crate::scaler::{Fleet, FleetPhase};
use crate::state::{RunRow, StateError, StateFile};

/// Returns what a fleet belongs to: by its file, else what is `given` to the command, else what is recorded.
///
/// # Errors
/// The file names a run or annex that is not recorded, or one that has ended or is being brought down; so is the run
/// that was given or recorded. A fleet that is ending already goes on ending.
pub(super) fn fleet_parent(
    state: &StateFile,
    opened: &OpenFleet,
    fleet: &Fleet,
    given: Option<&GivenParent>,
) -> Result<Option<GivenParent>, CommandError> {
    let is_ending = fleet.sequence > 0 && fleet.phase != FleetPhase::Running;
    let lines = FleetLines { file: &opened.path, text: &opened.text };
    match &opened.file.parent {
        Some(FleetParent::Run(name)) => {
            let wrong = |problem: Diagnostic| CommandError::from(problem.at(lines.place(&["run"])));
            let row = state.find(name).map_err(|error| unknown(error, "hoist plan list names the runs", wrong))?;
            if !is_ending && let Some(problem) = over(state, &row)? {
                return Err(wrong(problem));
            }
            // The command may run on a machine of this very run.
            let service = given.filter(|given| given.tag == row.tag).and_then(|given| given.service.clone());
            Ok(Some(GivenParent { tag: row.tag, service }))
        }
        Some(FleetParent::Annex(name)) => {
            let wrong = |problem: Diagnostic| CommandError::from(problem.at(lines.place(&["annex"])));
            let known: AnnexName = name
                .parse()
                .map_err(|_| wrong(Diagnostic::error(format!("\"{}\" is no name of an annex", name.escape_debug()))))?;
            let annex = state
                .find_annex(&known)
                .map_err(|error| unknown(error, "hoist annex list names the annexes", wrong))?;
            if !is_ending && matches!(annex.stage, AnnexPhase::Ended | AnnexPhase::Deleting) {
                let problem = format!("annex {name} has ended or is being deleted, and its fleets with it");
                return Err(wrong(Diagnostic::error(problem).hint("take out \"annex\", or name a living one")));
            }
            Ok(Some(GivenParent { tag: annex.id.tag(), service: None }))
        }
        None => {
            let recorded = || {
                let service = fleet.parent_service.clone();
                fleet.parent.clone().map(|tag| GivenParent { tag, service })
            };
            let parent = given.cloned().or_else(recorded);
            let rows = if parent.is_some() { state.runs(true)? } else { Vec::new() };
            let row = rows.into_iter().find(|row| parent.as_ref().is_some_and(|parent| parent.tag == row.tag));
            if !is_ending
                && let Some(row) = row
                && let Some(problem) = over(state, &row)?
            {
                return Err(CommandError::from(problem));
            }
            Ok(parent)
        }
    }
}

/// Returns the problem of a run that has ended or is being brought down, which ends its fleets.
fn over(state: &StateFile, row: &RunRow) -> Result<Option<Diagnostic>, CommandError> {
    let name = &row.name;
    let hint = "hoist plan list names the runs that a fleet may belong to";
    if row.ended_at.is_some() {
        return Ok(Some(Diagnostic::error(format!("run {name} has ended, and its fleets with it")).hint(hint)));
    }
    let (plan, records) = state.load(row.id)?;
    let run = Run::replay(row.tag.clone(), name.clone(), plan, &records);
    let run = run.map_err(|error| CommandError::new(error.to_string()))?;
    Ok(run.goal.as_ref().and_then(|goal| {
        let (what, through) = match goal {
            goal if goal.is_down() => ("is being brought down", format!("hoist plan terminate {name}")),
            goal if goal.begins_anew(&run.plan) => ("is being rebooted", format!("hoist plan resume {name}")),
            _ => return None,
        };
        let problem = Diagnostic::error(format!("run {name} {what}, and its fleets with it"));
        Some(problem.hint(format!("{through} sees it through")))
    }))
}

/// Returns the error of a name that is not recorded, with the line of the file; other errors stay as they are.
fn unknown(error: StateError, hint: &str, wrong: impl Fn(Diagnostic) -> CommandError) -> CommandError {
    match error {
        StateError::RunNotFound { .. } | StateError::AnnexNotFound { .. } => wrong(Diagnostic::from(&error)).hint(hint),
        error => error.into(),
    }
}
