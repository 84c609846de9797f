//! HTCondor's or the pilot's own logs of an instance, which are files in its directory.

use std::path::{Path, PathBuf};

use super::super::describe::describe;
use super::super::file_error::failed;
use super::super::state_dir::StateDir;
use super::group_file::GroupFile;
use crate::annex::{AnnexId, LONGEST_LOG, NodeLog, TAG_ANNEX};
use crate::host::InstanceLayout;
use crate::os::tail;
use crate::provider::{CloudError, CloudErrorKind, Selector};

/// Where an instance's HTCondor writes its logs, in its home directory (the template `local-condor`).
const LOGS: &str = "pool/log";

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
        let read = pilot.logs.iter().map(|log| read(home.join(log)));
        let logs: Vec<NodeLog> = read.filter_map(Result::transpose).collect::<Result<_, _>>()?;
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
    let logs: Vec<NodeLog> = files.into_iter().map(read).filter_map(Result::transpose).collect::<Result<_, _>>()?;
    if logs.is_empty() { Err(none(instance)) } else { Ok(logs) }
}

/// Reads the end of a log; `None` if there is no such file.
fn read(path: PathBuf) -> Result<Option<NodeLog>, CloudError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match tail(&path, u64::MAX, LONGEST_LOG) {
        Ok(text) => Ok(Some(NodeLog::new(name, &text))),
        // HTCondor renames a log that has become too long.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", &path, &error)),
    }
}

fn none(instance: &str) -> CloudError {
    rejected(format!("no HTCondor has written any on {instance}")).hint("its console tells how far its user data came")
}

fn rejected(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
