//! Errors of reading and writing the state.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::damage::Damage;
use super::lock_holder::LockHolder;
use super::lock_kind::LockKind;
use crate::diagnostics::Diagnostic;
use crate::scaler::NotAdmitted;

/// Why the state could not be read or written. [`StateError::hint`] returns the remedy.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A link instead of the file.
    #[error("the state file {} is a symbolic link{}", path.display(), target_text(target))]
    Symlink {
        /// The link.
        path: PathBuf,
        /// Its target.
        target: Option<PathBuf>,
    },
    /// Others may read or write it.
    #[error("the state file {} may be read or written by others (mode {mode:04o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user.
    #[error("the state file {} belongs to {owner}, not to {user}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The file's owner.
        owner: String,
        /// The current user.
        user: String,
    },
    /// A directory, a device or a pipe.
    #[error("the state file {} is {what}, not a file", path.display())]
    NotAFile {
        /// Its path.
        path: PathBuf,
        /// The kind of file that was found.
        what: &'static str,
    },
    /// Something other than an SQLite database.
    #[error("{} is no state file of hoist: {what}", path.display())]
    NotState {
        /// The file.
        path: PathBuf,
        /// The kind of file that was found.
        what: String,
    },
    /// Written by a newer hoist.
    #[error("the state file {} was written by a newer hoist{} (format {format}; this is hoist {}, which reads formats up to {known})",
        path.display(), version_text(hoist), env!("CARGO_PKG_VERSION"))]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: i64,
        /// The newest format that this version reads.
        known: i64,
        /// The version that wrote it.
        hoist: Option<String>,
    },
    /// It cannot be written.
    #[error("the state file {} cannot be written: {why}", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The read-only part: file, directory or file system.
        why: String,
        /// The command that fixes it, if there is one.
        mend: Option<String>,
    },
    /// There is no disk space for it.
    #[error("no space is left for the state file {}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds it.
    #[error("the state file {} is locked by another program", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It is damaged.
    #[error("the state file {} is damaged: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The damage found.
        detail: String,
    },
    /// It has fewer commits than were recorded.
    #[error("the state file {} lacks what was recorded last: it holds {has} of {had} commits, since it was removed or emptied, its log was damaged, or an older copy took its place",
        path.display())]
    Behind {
        /// The file.
        path: PathBuf,
        /// The commits in it.
        has: i64,
        /// The commits made.
        had: i64,
    },
    /// Another file has taken the place of the recorded one.
    #[error("the state file {} is not the one that was here: what was recorded last, the count beside it belongs to another", path.display())]
    Exchanged {
        /// The file.
        path: PathBuf,
    },
    /// It was removed or replaced while open.
    #[error("the state file {} {what} while hoist worked with it: what happened since is recorded nowhere", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
        /// How it changed.
        what: &'static str,
    },
    /// A system call failed.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The attempted operation.
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The disk, a quota or a limit prevented a write.
    #[error("cannot {doing} in the state file {}: {detail}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// The attempted operation.
        doing: &'static str,
        /// The message of SQLite or the system.
        detail: String,
    },
    /// SQLite failed.
    #[error("cannot {doing} in the state file {}: {detail}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The attempted operation.
        doing: &'static str,
        /// The message of SQLite or the system.
        detail: String,
    },
    /// The name belongs to a run, an annex or a fleet that has not ended.
    #[error("there is {} {subject} named {name} already, and it {}", subject.article(), holder_text(by))]
    NameTaken {
        /// The kind of its holder.
        subject: LockKind,
        /// The name.
        name: String,
        /// The process that works on it, if any.
        by: Option<Box<LockHolder>>,
    },
    /// No run has that name.
    #[error("there is no run named {name} in {}", path.display())]
    RunNotFound {
        /// The name.
        name: String,
        /// The file that was searched.
        path: PathBuf,
        /// The most similar names.
        nearest: Vec<String>,
    },
    /// No annex has that name.
    #[error("there is no annex named {name} in {}", path.display())]
    AnnexNotFound {
        /// The name.
        name: String,
        /// The file that was searched.
        path: PathBuf,
        /// The most similar names.
        nearest: Vec<String>,
    },
    /// No fleet has that name.
    #[error("there is no fleet named {name} in {}", path.display())]
    FleetNotFound {
        /// The name.
        name: String,
        /// The file that was searched.
        path: PathBuf,
        /// The most similar names.
        nearest: Vec<String>,
    },
    /// A run that has not ended cannot be forgotten.
    #[error("run {name} has not ended")]
    NotEnded {
        /// The run.
        name: String,
    },
    /// An annex that has not ended cannot be forgotten.
    #[error("annex {name} has not ended")]
    AnnexNotEnded {
        /// The annex.
        name: String,
    },
    /// A fleet that has not ended cannot be forgotten.
    #[error("fleet {name} has not ended")]
    FleetNotEnded {
        /// The fleet.
        name: String,
    },
    /// A fleet that has ended takes no requests.
    #[error("fleet {name} has ended")]
    FleetEnded {
        /// The fleet.
        name: String,
    },
    /// Lines that a limit of the fleet forbids.
    #[error("fleet {name}: {why}")]
    NotAdmitted {
        /// The fleet.
        name: String,
        /// The limit.
        why: NotAdmitted,
    },
    /// A request that is not there, or has its answer.
    #[error("fleet {name} has no open request {request}")]
    NoRequest {
        /// The fleet.
        name: String,
        /// Its number.
        request: u64,
    },
    /// Another process works on it.
    #[error("{subject} {name} is held by {by}, last heard of {} s ago", quiet.as_secs())]
    Held {
        /// The locked kind.
        subject: LockKind,
        /// The name of the run, the annex or the fleet.
        name: String,
        /// The holder.
        by: Box<LockHolder>,
        /// The time since its last heartbeat.
        quiet: Duration,
    },
    /// This process's lock was taken over or released.
    #[error("{subject} {name} is no longer held by this process")]
    LockLost {
        /// The locked kind.
        subject: LockKind,
        /// The name of the run, the annex or the fleet.
        name: String,
    },
    /// Records whose numbers do not continue the journal.
    #[error("the journal of run {name} continues with record {expected}, not with {given}")]
    Gap {
        /// The run.
        name: String,
        /// The next free number.
        expected: u64,
        /// The number given.
        given: u64,
    },
}

impl StateError {
    /// Returns the error of a file with these damages.
    pub(super) fn corrupt(path: &Path, damages: &[Damage]) -> Self {
        let detail: Vec<String> = damages.iter().map(ToString::to_string).collect();
        Self::Corrupt { path: path.to_path_buf(), detail: detail.join("; ") }
    }

    /// Whether another process holds the requested lock.
    pub fn is_of_another_process(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::LockLost { .. } | Self::NameTaken { by: Some(_), .. })
    }

    /// Whether the same write may succeed later, without a change of what is written: there is no room, the disk or its
    /// file system refuses writes, or another program holds the file.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Disk { .. } | Self::Busy { .. } | Self::ReadOnly { .. })
    }

    /// Whether all records are lost: the file was removed or emptied, and manages nothing.
    pub fn is_loss_of_all(&self) -> bool {
        matches!(self, Self::Behind { has: 0, .. })
    }
}

/// Drops the kind, to report the error only.
impl From<&StateError> for Diagnostic {
    fn from(error: &StateError) -> Self {
        Self::error(error.to_string()).hints(error.hint())
    }
}

fn holder_text(by: &Option<Box<LockHolder>>) -> String {
    by.as_ref().map_or_else(|| "has not ended".to_owned(), |by| format!("is held by {by}"))
}

fn target_text(target: &Option<PathBuf>) -> String {
    target.as_ref().map_or_else(String::new, |target| format!(" to {}", target.display()))
}

fn version_text(version: &Option<String>) -> String {
    version.as_ref().map_or_else(String::new, |version| format!(", {version}"))
}
