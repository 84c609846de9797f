//! HTCondor's or the pilot's own logs of an instance, which are files in its directory.

use std::path::{Path, PathBuf};

use super::super::describe::describe;
use super::super::file_error::failed;
use super::super::state_dir::StateDir;
use super::files::drained;
use super::group_file::GroupFile;
use crate::annex::{AnnexId, LONGEST_LOG, NodeLog, TAG_ANNEX};
use crate::host::InstanceLayout;
use crate::os::tail;
use crate::provider::{CloudError, CloudErrorKind, Selector};

/// Where an instance's HTCondor writes its logs, in its home directory (the template `local-condor`).
const LOGS: &str = "pool/log";

/// The name of the log which tells how the drain command of a pilot ended.
const DRAIN_COMMAND: &str = "drain-command";

/// How the names of logs end.
const LOG: &str = "Log";

/// Returns the logs of an instance of the annex, by their names.
pub(super) fn logs(root: &StateDir, id: &AnnexId, instance: &str) -> Result<Vec<NodeLog>, CloudError> {
    let known = describe(root, &Selector::Ids(vec![instance.to_owned()]))?;
    if !known.iter().any(|shown| shown.tags.get(TAG_ANNEX) == Some(&id.tag())) {
        return Err(rejected(format!("annex {} has no instance {instance}", id.name)));
    }
    let home = root.instance(instance).join(InstanceLayout::HOME);
    if let Some(pilot) = GroupFile::read(root, id)?.as_ref().and_then(|group| group.spec.pilot()) {
        // Relative paths are from where the user data runs.
        let mut logs: Vec<NodeLog> = pilot.logs.iter().filter_map(|log| read(home.join(log))).collect();
        logs.extend(read(drained(root, id, instance)).map(|log| NodeLog { name: DRAIN_COMMAND.to_owned(), ..log }));
        let none = || rejected(format!("the pilot on {instance} has none of {}", pilot.logs.join(", ")));
        return if logs.is_empty() { Err(none()) } else { Ok(logs) };
    }
    let directory = home.join(LOGS);
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(none(instance)),
        Err(error) => return Err(failed("read", &directory, &error)),
    };
    let is_log = |path: &Path| path.is_file() && path.to_str().is_some_and(|path| path.ends_with(LOG));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_log(path)).collect();
    files.sort();
    let logs: Vec<NodeLog> = files.into_iter().filter_map(read).collect();
    if logs.is_empty() { Err(none(instance)) } else { Ok(logs) }
}

/// Reads the end of a log, or tells why that cannot be; `None` if there is no such file.
fn read(path: PathBuf) -> Option<NodeLog> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match tail(&path, u64::MAX, LONGEST_LOG) {
        Ok(text) => Some(NodeLog::new(name, &text)),
        // HTCondor renames a log that has become too long.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(NodeLog::unread(name, failed("read", &path, &error).message)),
    }
}

fn none(instance: &str) -> CloudError {
    rejected(format!("no HTCondor has written any on {instance}")).hint("its console tells how far its user data came")
}

fn rejected(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
