//! Checks that user data that is too large for instances can be stored.

use std::sync::Arc;

use super::findings::CheckFindings;
use crate::cloud::aws::ec2::launch_user_data::LaunchUserData;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// Checks the bucket.
pub(super) struct BucketCheck {
    pub(super) user_data: Arc<LaunchUserData>,
}

impl BucketCheck {
    /// Uses the bucket once as launches do, if one of them needs it.
    pub(super) async fn check(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let Some(offload) = self.user_data.offload() else { return Ok(()) };
        let spilled: Vec<String> = requests
            .iter()
            .filter(|request| self.user_data.is_spilled(request))
            .flat_map(|request| request.slots.iter().cloned())
            .collect();
        if spilled.is_empty() {
            return Ok(());
        }
        match offload.probe().await {
            Err(error) if error.kind == CloudErrorKind::Transient => Err(error),
            Err(error) => {
                let message = format!("the user data is too large to be given as it is, and {}", error.message);
                findings.add_for(&spilled, message, error.hint.unwrap_or_default());
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}
