//! HTCondor's own logs of an instance, which are files in its directory.

use std::path::{Path, PathBuf};

use super::super::describe::describe;
use super::super::file_error::failed;
use super::super::state_dir::StateDir;
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
    let directory = root.instance(instance).join(InstanceLayout::HOME).join(LOGS);
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(none(instance)),
        Err(error) => return Err(failed("read", &directory, &error)),
    };
    let is_log = |path: &Path| path.is_file() && path.to_str().is_some_and(|path| path.ends_with(LOG));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_log(path)).collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match tail(&path, u64::MAX, LONGEST_LOG) {
            Ok(text) => Some(Ok(NodeLog::new(name, &text))),
            // HTCondor renames a log that has become too long.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(failed("read", &path, &error))),
        }
    };
    let logs: Vec<NodeLog> = files.into_iter().filter_map(read).collect::<Result<_, _>>()?;
    if logs.is_empty() { Err(none(instance)) } else { Ok(logs) }
}

fn none(instance: &str) -> CloudError {
    rejected(format!("no HTCondor has written any on {instance}")).hint("its console tells how far its user data came")
}

fn rejected(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
