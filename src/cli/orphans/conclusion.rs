//! Exit code of the command, by its findings and their removal.

use super::next_commands::{again, deed, flags};
use crate::app::orphans::Spared;
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::report::{Audit, count};

/// Flags of the command.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// Whether it searched every region.
    pub(super) all_regions: bool,
    /// Other flags.
    pub(super) flags: &'a [&'static str],
}

/// Returns the exit code, by the findings and their removal.
///
/// # Errors
/// Something remains, or could not be asked.
pub(super) fn conclude(context: &Context, command: Given<'_>, found: &Audit, kept: Option<Spared>) -> CommandResult {
    let again = |flags: &[&str]| again(context, command.all_regions, flags);
    let (mut diagnostics, mut hints) = (Vec::new(), Vec::new());
    if let Some(Spared { spared, failed }) = &kept
        && !found.remains.is_empty()
    {
        diagnostics.push(format!("{} still there", count(found.remains.len(), "thing")));
        if *failed {
            hints.push(format!("{}  tries again, once nothing is in the way", again(command.flags)));
        }
        hints.extend(spared.iter().map(|claim| format!("{}  {}", again(flags(*claim)), deed(*claim))));
    }
    if !found.failed.is_empty() {
        diagnostics.push(format!("{} could not be asked; orphans may be there", count(found.failed.len(), "place")));
        hints.push(format!("{}  asks again, once what is named above is mended", again(command.flags)));
    }
    if !diagnostics.is_empty() {
        let colon = if found.remains.is_empty() { "" } else { ":" };
        let message = [&[format!("{}{colon}", diagnostics.join("; "))], found.remains.as_slice()].concat().join("\n");
        return Err(CommandError { hints, ..CommandError::with_exit(Exit::Remains, message) });
    }
    let missing = found.found.iter().any(|found| !found.missing.is_empty());
    Ok(match kept.is_some() {
        true if missing => Exit::Changed,
        true => Exit::Done,
        false if found.is_clean() => Exit::Done,
        false => Exit::Changed,
    })
}
