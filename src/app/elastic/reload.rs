//! A fleet's file, read again.

use std::path::Path;

use jiff::Timestamp;

use super::find_fleet::FoundFleet;
use super::fleet_lines::FleetLines;
use super::fleet_prices::never_priced;
use super::request::{Asked, ask};
use super::surplus::surplus;
use crate::app::{CommandError, Operation};
use crate::diagnostics::Diagnostics;
use crate::elastic::fleet::FleetFile;
use crate::report::count;
use crate::scaler::{FleetName, FleetRequest};

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
    let allows = format!("{} allows", record.path.display());
    if let Some(surplus) = surplus(record, &file, &record.overrides, &allows, Timestamp::now()) {
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
