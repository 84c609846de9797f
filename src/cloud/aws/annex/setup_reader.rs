//! What the set-up made, as annexes use it.

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
    /// That of this session's account and region. Asks nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// What it made; none where there is no set-up, or none that ever came to be.
    ///
    /// # Errors
    /// Also where there is one that lacks something, as an older one does.
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
        }))
    }

    /// What it made; an error where there is none.
    pub(super) async fn require(&self) -> Result<Setup, CloudError> {
        match self.outputs().await? {
            Some(setup) => Ok(setup),
            None => Err(no_setup(self.session.region().await?)),
        }
    }
}

/// That annexes are not set up in this region, and how that is done.
pub(super) fn no_setup(region: &str) -> CloudError {
    let message = format!("annexes are not set up in {region}");
    let hint =
        "`hoist annex setup` does that once in a region; it needs the permissions of `hoist annex policy --for admin`";
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}
