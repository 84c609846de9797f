//! What to try after an error.

use std::io;

use super::companions::{self, directory_of, with_suffix};
use super::error::StateError;
use super::lock_holder::LockHolder;
use super::lock_kind::LockKind;
use crate::os::quoted;
use crate::scaler::NotAdmitted;

impl StateError {
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
            Self::Sqlite { .. } | Self::Gap { .. } | Self::NoRequest { .. } => return None,
            Self::NameTaken { subject: LockKind::Fleet, name, by: Some(by) } => {
                format!("choose another name; {}", scaler_text(name, by))
            }
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
            Self::NameTaken { subject: LockKind::Fleet, name, .. } => {
                format!(
                    "see it (hoist elastic status {name}), end it (hoist elastic stop {name}), or choose another name"
                )
            }
            Self::RunNotFound { nearest, .. } if nearest.is_empty() => {
                "hoist plan list --all shows every run".to_owned()
            }
            Self::AnnexNotFound { nearest, .. } if nearest.is_empty() => {
                "hoist annex list --all shows every annex".to_owned()
            }
            Self::FleetNotFound { nearest, .. } if nearest.is_empty() => {
                "hoist elastic list --all shows every fleet".to_owned()
            }
            Self::RunNotFound { nearest, .. }
            | Self::AnnexNotFound { nearest, .. }
            | Self::FleetNotFound { nearest, .. } => {
                format!("did you mean {}?", nearest.join(", "))
            }
            Self::NotEnded { name } => format!("end it first: hoist plan terminate {name}"),
            Self::AnnexNotEnded { name } => format!("end it first: hoist annex delete {name}"),
            Self::FleetNotEnded { name } => format!("end it first: hoist elastic stop {name}"),
            Self::FleetEnded { .. } => "hoist elastic list shows the fleets that have not ended".to_owned(),
            Self::NotAdmitted { name, why: NotAdmitted::AboveMaximum { .. } } => {
                format!("see its limits (hoist elastic status {name}), or raise them: hoist elastic set {name} --max N")
            }
            Self::NotAdmitted { name, .. } => format!("see what became of it: hoist elastic status {name}"),
            Self::Held { subject: LockKind::Fleet, name, by, .. } => scaler_text(name, by),
            Self::Held { by, .. } => stop_text(by),
            Self::LockLost { subject: LockKind::Run, name } => {
                format!("see what became of it: hoist plan status {name}")
            }
            Self::LockLost { subject: LockKind::Annex, name } => {
                format!("see what became of it: hoist annex status {name}")
            }
            Self::LockLost { subject: LockKind::Fleet, name } => {
                format!("see what became of it: hoist elastic status {name}")
            }
        })
    }
}

/// Returns the hint for a fleet that another process holds. That may be a daemon, which is never done.
fn scaler_text(name: &str, by: &LockHolder) -> String {
    format!(
        "`hoist elastic status {name}` shows what it does, and `set`, `drain`, `reload` and `stop` work meanwhile; to end it \
         safely, on {}: kill -INT {}",
        by.host, by.pid
    )
}

/// Returns the hint for a run or an annex that another process holds.
fn stop_text(by: &LockHolder) -> String {
    format!("wait until it is done, or stop it safely on {}: kill -INT {}", by.host, by.pid)
}
