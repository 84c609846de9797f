//! Whether what is too large for machines can be stored.

use super::findings::CheckFindings;
use crate::cloud::aws::ec2::Ec2Cloud;
use crate::cloud::aws::s3::Store;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

impl Ec2Cloud {
    /// Uses the bucket once, as launches will, if one of them needs it.
    pub(super) async fn check_bucket(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let Some(bucket) = &self.options.bucket else { return Ok(()) };
        let spilled: Vec<String> = requests
            .iter()
            .filter(|request| self.is_spilled(request))
            .flat_map(|request| request.slots.iter().cloned())
            .collect();
        if spilled.is_empty() {
            return Ok(());
        }
        match Store::new(self.session.clone(), bucket.clone()).probe().await {
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
