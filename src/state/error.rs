//! Errors of reading and writing the state, with hints.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::companions::{self, directory_of, with_suffix};
use super::damage::Damage;
use super::lock_holder::LockHolder;
use super::lock_kind::LockKind;
use crate::diagnostics::Diagnostic;
use crate::os::quoted;

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
    /// The name belongs to a run or annex that has not ended.
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
    /// Another process works on it.
    #[error("{subject} {name} is held by {by}, last heard of {} s ago", quiet.as_secs())]
    Held {
        /// The locked kind.
        subject: LockKind,
        /// The name of the run or the annex.
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
        /// The name of the run or the annex.
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

    /// Whether all records are lost: the file was removed or emptied, and manages nothing.
    pub fn is_loss_of_all(&self) -> bool {
        matches!(self, Self::Behind { has: 0, .. })
    }

    /// Returns the hint, if there is one.
    pub fn hint(&self) -> Option<String> {
        let elsewhere = "choose another file with --state FILE or HOIST_STATE";
        Some(match self {
            Self::Symlink { target: Some(target), .. } => format!("name the file itself: --state {}", quoted(target)),
            Self::Symlink { target: None, .. } => elsewhere.to_owned(),
            Self::Exposed { path, .. } => format!("chmod 600 {}", quoted(path)),
            Self::Foreign { path, owner, user } => {
                format!("run hoist as {owner}, or: sudo chown {user} {}", quoted(path))
            }
            Self::NotAFile { .. } | Self::NotState { .. } => format!("nothing was changed; {elsewhere}"),
            Self::Newer { hoist: Some(version), .. } => {
                format!("use hoist {version} or newer; nothing was changed")
            }
            Self::Newer { hoist: None, .. } => "use the hoist that wrote it; nothing was changed".to_owned(),
            Self::ReadOnly { mend: Some(command), .. } => command.clone(),
            Self::ReadOnly { mend: None, .. } => elsewhere.to_owned(),
            Self::Full { path } => {
                format!(
                    "make room there (df -h {}) and repeat the command; what was recorded is safe",
                    quoted(directory_of(path))
                )
            }
            Self::Busy { path } => {
                format!("see who holds it (fuser -v {}), end that and repeat the command", quoted(path))
            }
            Self::Corrupt { path, .. } => {
                let (file, copy) = (quoted(path), quoted(with_suffix(path, ".recovered")));
                format!(
                    "nothing was changed; `hoist orphans` asks the clouds what there is; restore a backup, or try: sqlite3 {file} \
                     .recover | sqlite3 {copy}"
                )
            }
            Self::Behind { path, .. } => {
                let head = quoted(with_suffix(path, companions::HEAD));
                format!(
                    "nothing was changed; `hoist orphans` asks the clouds what there is; restore the file and its log, or go on with \
                     what it holds: rm {head}"
                )
            }
            Self::Exchanged { path } => {
                let head = quoted(with_suffix(path, companions::HEAD));
                format!(
                    "nothing was changed; put back the one that was here, which alone knows its runs (`hoist orphans` shows what the \
                     clouds have), or go on with this one: rm {head}"
                )
            }
            Self::Replaced { .. } => "see what the clouds have: hoist orphans".to_owned(),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => return None,
            Self::Io { .. } => elsewhere.to_owned(),
            Self::Disk { .. } => {
                "see whether a quota or a limit is in the way (quota, ulimit -f) or the disk fails (dmesg), and repeat the \
                 command; what was recorded is safe"
                    .to_owned()
            }
            Self::Sqlite { .. } | Self::Gap { .. } => return None,
            Self::NameTaken { subject, by: Some(by), .. } => {
                let option = if *subject == LockKind::Run { " (--name NAME)" } else { "" };
                format!("choose another name{option}, or {}", stop_text(by))
            }
            Self::NameTaken { subject: LockKind::Annex, name, .. } => {
                format!(
                    "change it (hoist annex update {name}), end it (hoist annex delete {name}), or choose another name"
                )
            }
            Self::NameTaken { subject: LockKind::Run, name, .. } => {
                format!(
                    "go on with it (hoist plan resume {name}), end it (hoist plan terminate {name}), or choose another \
                     name (--name NAME)"
                )
            }
            Self::RunNotFound { nearest, .. } if nearest.is_empty() => {
                "hoist plan list --all shows every run".to_owned()
            }
            Self::AnnexNotFound { nearest, .. } if nearest.is_empty() => {
                "hoist annex list --all shows every annex".to_owned()
            }
            Self::RunNotFound { nearest, .. } | Self::AnnexNotFound { nearest, .. } => {
                format!("did you mean {}?", nearest.join(", "))
            }
            Self::NotEnded { name } => format!("end it first: hoist plan terminate {name}"),
            Self::AnnexNotEnded { name } => format!("end it first: hoist annex delete {name}"),
            Self::Held { by, .. } => stop_text(by),
            Self::LockLost { subject: LockKind::Run, name } => {
                format!("see what became of it: hoist plan status {name}")
            }
            Self::LockLost { subject: LockKind::Annex, name } => {
                format!("see what became of it: hoist annex status {name}")
            }
        })
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

/// Returns the hint for a run or an annex that another process holds.
fn stop_text(by: &LockHolder) -> String {
    format!("wait until it is done, or stop it safely on {}: kill -INT {}", by.host, by.pid)
}

fn target_text(target: &Option<PathBuf>) -> String {
    target.as_ref().map_or_else(String::new, |target| format!(" to {}", target.display()))
}

fn version_text(version: &Option<String>) -> String {
    version.as_ref().map_or_else(String::new, |version| format!(", {version}"))
}
