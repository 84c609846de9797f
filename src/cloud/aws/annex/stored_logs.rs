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
            let when = match setup.takes_logs {
                true => {
                    "instances store HTCondor's while they have not joined their pool, and when their configuration fails; a \
                     pilot's (--pilot-log) each minute"
                }
                false => {
                    "in this set-up, which is of an earlier version, instances may store none: `hoist annex setup` brings it up \
                     to date for the annexes after it"
                }
            };
            let there = format!(
                "hoist annex ssh {} --instance {instance} -- sudo tail -n 99 /var/log/condor/StartLog",
                id.name
            );
            let none = CloudError::new(CloudErrorKind::Rejected, message);
            return Err(none.hint(format!("{when}; where SSH is let in: {there}")));
        }
        let log = |(name, content): (String, Vec<u8>)| NodeLog::new(name, &String::from_utf8_lossy(&content));
        Ok(stored.into_iter().map(log).collect())
    }
}
