//! A fleet's file, read again.

use std::path::Path;

use jiff::Timestamp;

use super::find_fleet::FoundFleet;
use super::fleet_lines::FleetLines;
use super::fleet_prices::never_priced;
use super::request::{Asked, ask};
use crate::app::{CommandError, Operation};
use crate::diagnostics::{Diagnostics, agreeing};
use crate::elastic::fleet::FleetFile;
use crate::report::{FleetBoundsView, count};
use crate::scaler::{Fleet, FleetName, FleetRequest};

/// What became of the request to reload.
pub(crate) enum Reloaded {
    /// The user declined.
    Declined,
    /// It is with the scaler.
    Asked(Asked),
}

/// Checks a fleet's file as it is now, and leaves the request to take it in. Asks before that lowers the maximum below
/// what runs.
///
/// # Errors
/// The file has problems, each of which is shown; nobody can be asked; or the scaler refuses the file.
pub(crate) async fn reload(operation: Operation<'_>, name: &FleetName, wait: bool) -> Result<Reloaded, CommandError> {
    let found = FoundFleet::to_change(operation.workspace, name)?;
    let record = &found.row.record;
    let file = match read(&record.path) {
        Ok(file) => file,
        Err(problems) => {
            // Each with its line.
            problems.0.iter().for_each(|problem| operation.user.say(&problem.to_string()));
            let problems = count(problems.0.len(), "problem");
            return Err(CommandError::new(format!("{problems}; the fleet goes on with the file as it was")));
        }
    };
    let surplus = surplus(record, &file, Timestamp::now());
    if let Some(surplus) = surplus {
        operation.user.tell(&surplus);
        if !operation.user.confirm("Take the file in?")? {
            return Ok(Reloaded::Declined);
        }
    }
    let request = FleetRequest::Reload { confirmed: true };
    ask(operation.user, &found, &request, wait).await.map(Reloaded::Asked)
}

/// Reads a fleet's file, as far as no cloud is asked.
fn read(path: &Path) -> Result<FleetFile, Diagnostics> {
    let (file, text) = FleetFile::load_with_text(path)?;
    let problems = never_priced(&file, &FleetLines { file: path, text: &text });
    if problems.is_empty() { Ok(file) } else { Err(Diagnostics(problems)) }
}

/// Says what a file's maximum does to workers that live; none if all of them may stay.
fn surplus(fleet: &Fleet, file: &FleetFile, now: Timestamp) -> Option<String> {
    let bounds = FleetBoundsView::of(file, &fleet.overrides, now);
    let live = u32::try_from(fleet.live()).unwrap_or(u32::MAX);
    let surplus = live.checked_sub(bounds.max).filter(|surplus| *surplus > 0)?;
    Some(format!(
        "{} allows {} ({}), and {live} {}: {} will be drained, those without a job first, and ended",
        file_name(fleet),
        count(bounds.max, "worker"),
        bounds.sentence(),
        agreeing(live, "lives", "live"),
        count(surplus, "worker"),
    ))
}

fn file_name(fleet: &Fleet) -> String {
    fleet.path.display().to_string()
}
