//! Error messages for annexes.

use crate::annex::{Annex, AnnexError, AnnexLeftover, AnnexName, AnnexPhase};
use crate::app::{CommandError, Exit};
use crate::batch::htcondor::HTCondorError;
use crate::diagnostics::agreeing;
use crate::engine::JournalError;
use crate::report::{count, printable};

/// The most remaining resources that a message names.
const MOST_NAMED: usize = 40;

/// Converts an error for the user, with hints of commands that continue.
pub(super) fn failed(name: &AnnexName, error: AnnexError) -> CommandError {
    match error {
        AnnexError::Cloud(error) => error.into(),
        AnnexError::Store(JournalError { message, hint, lock_lost, .. }) => {
            CommandError::with_exit(if lock_lost { Exit::Held } else { Exit::Failed }, message).hints(hint)
        }
        error @ AnnexError::Failed { .. } => CommandError::new(error.to_string()),
        error @ AnnexError::TooSlow { .. } => {
            CommandError::new(error.to_string()).hint(format!("hoist annex status {name}"))
        }
        error @ AnnexError::Ending { .. } => CommandError::new(error.to_string())
            .hint(format!("hoist annex delete {name} clears what is left of it"))
            .hint(format!("hoist annex create {name} … clears it and makes it anew")),
        AnnexError::Remains { remains, reasons, .. } => {
            let message = format!("annex {name} is not gone; still there:\n{}", survivors(&remains, &reasons));
            CommandError::with_exit(Exit::Remains, message).hint(format!("hoist annex delete {name}"))
        }
    }
}

fn survivors(remains: &[AnnexLeftover], reasons: &[(String, String)]) -> String {
    let mut lines: Vec<String> = remains
        .iter()
        .map(|remain| {
            let why = reasons.iter().find(|(name, _)| *name == remain.id).map(|(_, reason)| format!(": {reason}"));
            let bills = if remain.bills { ", which costs money" } else { "" };
            format!("{} {}{bills}{}", remain.kind, remain.id, why.unwrap_or_default())
        })
        .collect();
    let told = |name: &String| remains.iter().any(|remain| remain.id == *name);
    lines.extend(reasons.iter().filter(|(name, _)| !told(name)).map(|(name, reason)| format!("{name}: {reason}")));
    let more = lines.len().saturating_sub(MOST_NAMED);
    lines.truncate(MOST_NAMED);
    if more > 0 {
        lines.push(format!("and {} more", count(more, "thing")));
    }
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}

/// Returns the error for an annex of which the cloud has nothing.
pub(super) fn gone(record: &Annex) -> CommandError {
    let name = &record.id.name;
    let why = match record.stage {
        AnnexPhase::New => "was never made",
        _ => "is gone: its lease is over, or somebody else deleted it",
    };
    CommandError::new(format!("annex {name} {why}"))
        .hint(format!("hoist annex delete {name} clears what is left of it"))
        .hint(format!("hoist annex create {name} … makes it anew"))
}

/// Returns the error for instances that still have jobs.
pub(crate) fn still_draining(name: &AnnexName, still: &[String]) -> CommandError {
    let message = format!(
        "{} of annex {name} {} not drained yet: {}",
        count(still.len(), "instance"),
        agreeing(still.len(), "is", "are"),
        still.join(", ")
    );
    CommandError::with_exit(Exit::Remains, message)
        .hint(format!("hoist annex drain {name} goes on"))
        .hint("--how graceful gives jobs the time that the pool grants, --how fast none")
}

impl From<HTCondorError> for CommandError {
    fn from(error: HTCondorError) -> Self {
        CommandError::new(error.to_string())
    }
}
