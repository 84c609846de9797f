//! Reads the set-up's outputs for annexes.

use std::sync::Arc;

use super::cfn_template::Setup;
use super::observed_setup::ObservedStack;
use super::setup_stack::{STACK, WHAT, refused};
use crate::cloud::aws::api::AwsSession;
use crate::provider::{CloudError, CloudErrorKind};

/// Reads the outputs of the set-up's stack.
#[derive(Clone)]
pub(super) struct SetupReader {
    session: Arc<AwsSession>,
}

impl SetupReader {
    /// Creates a reader for this session's account and region. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the set-up's outputs; `None` if there is no set-up, or it was never completed.
    ///
    /// # Errors
    /// The set-up lacks an output, as an older one may.
    pub(super) async fn outputs(&self) -> Result<Option<Setup>, CloudError> {
        let Some(seen) = ObservedStack::of(&self.session, STACK).await? else { return Ok(None) };
        if !seen.has_come_to_be() {
            return Ok(None);
        }
        let output = |name: &str| {
            seen.outputs.get(name).cloned().ok_or_else(|| {
                let message = format!("{WHAT} does not say what its {name} is");
                refused(message).hint("it may be an older version's; `hoist annex setup` brings it up to date")
            })
        };
        Ok(Some(Setup {
            bucket: output("Bucket")?,
            security_group: output("SecurityGroup")?,
            vpc: output("Vpc")?,
            boundary: output("Boundary")?,
            service_role: output("ServiceRole")?,
            scheduler_role: output("SchedulerRole")?,
            ends_groups: seen.outputs.contains_key("EndsGroups"),
            takes_logs: seen.outputs.contains_key("TakesLogs"),
        }))
    }

    /// Returns the set-up's outputs; an error if there is no set-up.
    pub(super) async fn require(&self) -> Result<Setup, CloudError> {
        match self.outputs().await? {
            Some(setup) => Ok(setup),
            None => Err(no_setup(self.session.region().await?)),
        }
    }
}

/// Returns the error that annexes are not set up in this region, with the remedy as hint.
pub(super) fn no_setup(region: &str) -> CloudError {
    let message = format!("annexes are not set up in {region}");
    let hint =
        "`hoist annex setup` does that once in a region; it needs the permissions of `hoist annex policy --for admin`";
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}
