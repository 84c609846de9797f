//! The error of ending a host.

use std::io;
use std::path::Path;

use crate::diagnostics::Diagnostic;
use crate::os::processes;

/// The error of ending a host or removing its directory.
#[derive(Clone, Debug)]
pub(crate) struct TerminateError {
    /// The failure, its object, and its remedy.
    pub(crate) diagnostic: Diagnostic,
}

impl TerminateError {
    fn new(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { diagnostic: Diagnostic::error(reason).hint(hint) }
    }

    /// The error for a file or directory.
    pub(super) fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self::undone(doing, path, error, "see to it that this user may change it, then try again")
    }

    /// The error for a file or directory, with a hint.
    pub(super) fn undone(doing: &str, path: &Path, error: &io::Error, hint: impl Into<String>) -> Self {
        Self::new(format!("cannot {doing} {}: {error}", path.display()), hint)
    }

    /// The error for processes that do not end.
    pub(super) fn processes(reason: String) -> Self {
        Self::new(reason, "end them as the user that they belong to, then try again")
    }

    /// The error for a directory that reappears.
    pub(super) fn made_again(directory: &Path) -> Self {
        let reason = format!("something that is not of this host makes {} again and again", directory.display());
        Self::new(reason, "end that, then try again")
    }

    /// The error for the host's lock, which is still held.
    pub(super) fn held(lock: &Path) -> Self {
        let holders: Vec<String> = processes::that_have_open(lock).into_iter().map(processes::describe).collect();
        let (who, hint) = if holders.is_empty() {
            ("a process that this user may not see".to_owned(), "look for it as root (fuser -v on that file), end it")
        } else {
            (holders.join(", "), "end it (kill -KILL and its number)")
        };
        Self::new(format!("{who} still holds {}", lock.display()), format!("{hint}, then try again"))
    }

    /// The error for processes that may belong to the host.
    pub(super) fn suspected(suspects: &[String], why: &str) -> Self {
        let found = suspects.join(", ");
        let reason = format!(
            "it is not proved that nothing of it is left: its init was killed, and {found} may be what it had started: that \
                 cannot be told here ({why})"
        );
        Self::new(
            reason,
            "look at each of them (ps -fp and its number) and end what is of it; where none is left, or this machine was \
                   restarted, the same command proves that",
        )
    }

    /// The error for processes that may belong to the host, whose record is lost.
    pub(super) fn unrecorded(suspects: &[String]) -> Self {
        const SHOWN: usize = 5;
        let found = suspects.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = match suspects.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let reason = format!(
            "it is not proved that nothing of it is left: the record of how it was begun was removed, it had no process \
                 namespace, and {found}{more} may be what it had started"
        );
        Self::new(
            reason,
            "look for programs of it that still run (ps -fu \"$USER\") and end them; put back what was removed from the local \
                   cloud's directory; or restart this machine: the same command proves then that nothing is left",
        )
    }

    /// The error for a host whose end cannot be proved, although no process was found.
    pub(super) fn not_proved(why: &str) -> Self {
        Self::new(
            format!("it is not proved that nothing of it is left: {why}"),
            "look for programs of it that still run (ps -fu \"$USER\") and end them; once this machine was restarted nothing of it \
                   can be left, and the same command proves that",
        )
    }
}
