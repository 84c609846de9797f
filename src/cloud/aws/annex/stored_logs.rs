//! The logs that instances have stored in the bucket.

use super::cfn_template::LOGS;
use super::files::AnnexFiles;
use crate::annex::{AnnexId, NodeLog};
use crate::cloud::aws::annex::Setup;
use crate::provider::{CloudError, CloudErrorKind};

/// Reads the logs that instances of annexes have stored, below the prefix of their annex.
pub(super) struct StoredLogs {
    pub(super) files: AnnexFiles,
}

impl StoredLogs {
    /// Returns the logs of an instance, by their names.
    ///
    /// # Errors
    /// It has stored none.
    pub(super) async fn of_instance(
        &self,
        id: &AnnexId,
        setup: &Setup,
        instance: &str,
    ) -> Result<Vec<NodeLog>, CloudError> {
        let stored = self.files.all_stored(id, setup, &format!("{LOGS}{instance}/")).await?;
        if stored.is_empty() {
            let message = format!("{instance} has stored none in s3://{}", setup.bucket);
            let none = CloudError::new(CloudErrorKind::Rejected, message);
            return Err(match setup.takes_logs {
                true => none.hint(
                    "instances store them while they are not in their pool, and when their configuration fails: once that runs",
                ),
                false => none.hint(
                    "this set-up is of an earlier version, in which instances may store none: `hoist annex setup` brings \
                     it up to date for the annexes after it",
                ),
            });
        }
        let log = |(name, content): (String, Vec<u8>)| NodeLog::new(name, &String::from_utf8_lossy(&content));
        Ok(stored.into_iter().map(log).collect())
    }
}
