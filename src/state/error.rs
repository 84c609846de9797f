//! Why the state could not be read or written, and what to try.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use rusqlite::ErrorCode;

use super::lock_row::LockInfo;
use super::subject::Subject;

/// Less free space than this counts as none: SQLite's index of its log alone needs 32 KiB.
const FULL_BELOW: u64 = 64 * 1024;

/// Why the state could not be read or written. [`StateError::hint`] says what to try.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A link instead of the file.
    #[error("the state file {} is a symbolic link{}", path.display(), target_text(target))]
    Symlink {
        /// The link.
        path: PathBuf,
        /// Where it leads.
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
    /// It belongs to somebody else.
    #[error("the state file {} belongs to {owner}, not to {user}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// Who we are.
        user: String,
    },
    /// A directory, a device or a pipe.
    #[error("the state file {} is {what}, not a file", path.display())]
    NotAFile {
        /// Its path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Something other than an SQLite database.
    #[error("{} is no state file of hoist: {what}", path.display())]
    NotState {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// Written by a hoist that knows more than this one.
    #[error("the state file {} was written by a newer hoist{} (format {format}; this is hoist {}, which reads formats up to {known})",
        path.display(), version_text(hoist), env!("CARGO_PKG_VERSION"))]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: i64,
        /// The newest format that this hoist reads.
        known: i64,
        /// The version that wrote it.
        hoist: Option<String>,
    },
    /// It cannot be written.
    #[error("the state file {} cannot be written: {why}", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What is read-only.
        why: String,
        /// The command that mends it, where there is one.
        mend: Option<String>,
    },
    /// There is no room for it.
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
        /// What was found.
        detail: String,
    },
    /// The system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The disk, a quota or a limit refused.
    #[error("cannot {doing} in the state file {}: {detail}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why.
        detail: String,
    },
    /// SQLite refused.
    #[error("cannot {doing} in the state file {}: {detail}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why.
        detail: String,
    },
    /// One of that name goes on.
    #[error("there is {} {subject} named {name} already, and it has not ended", subject.article())]
    NameTaken {
        /// What has the name.
        subject: Subject,
        /// The name.
        name: String,
    },
    /// No run has that name.
    #[error("there is no run named {name} in {}", path.display())]
    RunNotFound {
        /// The name.
        name: String,
        /// The file that was searched.
        path: PathBuf,
        /// The names most like it.
        nearest: Vec<String>,
    },
    /// No annex has that name.
    #[error("there is no annex named {name} in {}", path.display())]
    AnnexNotFound {
        /// The name.
        name: String,
        /// The file that was searched.
        path: PathBuf,
        /// The names most like it.
        nearest: Vec<String>,
    },
    /// It cannot be forgotten yet.
    #[error("run {name} has not ended")]
    NotEnded {
        /// The run.
        name: String,
    },
    /// Another process works on it.
    #[error("{subject} {name} is held by {by}, last heard of {} s ago", quiet.as_secs())]
    Held {
        /// What is held.
        subject: Subject,
        /// Its name.
        name: String,
        /// By whom.
        by: Box<LockInfo>,
        /// How long ago it gave its last sign of life.
        quiet: Duration,
    },
    /// The lock that was ours is another's now, or was given up.
    #[error("{subject} {name} is no longer held by this process")]
    LockLost {
        /// What was held.
        subject: Subject,
        /// Its name.
        name: String,
    },
    /// Records that do not continue the journal.
    #[error("the journal of run {name} continues with record {expected}, not with {given}")]
    Gap {
        /// The run.
        name: String,
        /// The next free number.
        expected: u64,
        /// The number that was given.
        given: u64,
    },
}

impl StateError {
    /// What to try, where something can be tried.
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
                let directory = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
                format!(
                    "make room there (df -h {}) and repeat the command; what was recorded is safe",
                    quoted(directory)
                )
            }
            Self::Busy { path } => {
                format!("see who holds it (fuser -v {}), end that and repeat the command", quoted(path))
            }
            Self::Corrupt { path, .. } => {
                let (file, copy) = (quoted(path), quoted(&with_suffix(path, ".recovered")));
                format!("nothing was changed; restore a backup, or try: sqlite3 {file} .recover | sqlite3 {copy}")
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => return None,
            Self::Io { .. } => elsewhere.to_owned(),
            Self::Disk { .. } => {
                "see whether a quota or a limit is in the way (quota, ulimit -f) or the disk fails (dmesg), and repeat the \
                 command; what was recorded is safe"
                    .to_owned()
            }
            Self::Sqlite { .. } | Self::Gap { .. } => return None,
            Self::NameTaken { subject: Subject::Annex, name } => {
                format!(
                    "change it (hoist annex update {name}), end it (hoist annex delete {name}), or choose another name"
                )
            }
            Self::NameTaken { subject: Subject::Run, name } => {
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
            Self::Held { by, .. } => {
                format!("wait until it is done, or stop it safely on {}: kill -INT {}", by.host, by.pid)
            }
            Self::LockLost { subject: Subject::Run, name } => {
                format!("see what became of it: hoist plan status {name}")
            }
            Self::LockLost { subject: Subject::Annex, name } => {
                format!("see what became of it: hoist annex status {name}")
            }
        })
    }

    /// Turns an error of SQLite into what it means for this file.
    pub(super) fn sqlite(path: &Path, doing: &'static str, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let detail = error.to_string();
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full { path },
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy { path },
                ErrorCode::DatabaseCorrupt => Self::Corrupt { path, detail },
                ErrorCode::NotADatabase => Self::NotState { path, what: "it is no SQLite database".to_owned() },
                ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => read_only(path, detail),
                ErrorCode::SystemIoFailure if no_space_at(&path) => Self::Full { path },
                ErrorCode::SystemIoFailure => Self::Disk { path, doing, detail },
                _ => Self::Sqlite { path, doing, detail },
            },
            // What was read is not what was written.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupt { path, detail },
            _ => Self::Sqlite { path, doing, detail },
        }
    }
}

/// Finds out what keeps a file from being written.
fn read_only(path: PathBuf, detail: String) -> StateError {
    use nix::unistd::{AccessFlags, access};
    let directory = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
    if is_read_only_filesystem(&directory) {
        return StateError::ReadOnly { path, why: "its file system is read-only".to_owned(), mend: None };
    }
    if access(&directory, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
        let why = format!("nothing may be written in {}, where SQLite keeps its log", directory.display());
        return StateError::ReadOnly { path, why, mend: Some(format!("chmod 700 {}", quoted(&directory))) };
    }
    let mend = Some(format!("chmod 600 {}", quoted(&path)));
    StateError::ReadOnly { path, why: detail, mend }
}

pub(super) fn is_read_only_filesystem(directory: &Path) -> bool {
    statvfs(directory).is_ok_and(|found| found.flags().contains(nix::sys::statvfs::FsFlags::ST_RDONLY))
}

fn no_space_at(path: &Path) -> bool {
    statvfs(path).is_ok_and(|found| found.blocks_available() * found.fragment_size() < FULL_BELOW)
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    shlex::try_quote(&text).map_or_else(|_| format!("{text:?}"), std::borrow::Cow::into_owned)
}

/// The path with something added to its file name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn target_text(target: &Option<PathBuf>) -> String {
    target.as_ref().map_or_else(String::new, |target| format!(" to {}", target.display()))
}

fn version_text(version: &Option<String>) -> String {
    version.as_ref().map_or_else(String::new, |version| format!(", {version}"))
}
