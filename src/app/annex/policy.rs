//! The least privileges needed to set up or to use annexes.

use serde_json::Value;

use crate::app::{CommandError, Workspace, aws};
use crate::cloud::aws::annex::{Audience, policy};

/// Returns the IAM policy for the workspace's account and region; users may have annexes whose names begin with
/// `names`.
///
/// # Errors
/// The cloud cannot be asked, or does not tell the account.
pub(crate) async fn least_policy(
    workspace: &Workspace,
    audience: Audience,
    names: &str,
) -> Result<Value, CommandError> {
    let session = aws(workspace)?.session_with_stacks(&workspace.clouds.ec2_config())?;
    let identity = session.identity().await?;
    let region = session.region().await?;
    let account = identity.account.ok_or_else(|| CommandError::new("the cloud does not say which account this is"))?;
    let partition = identity.arn.as_deref().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    Ok(policy(audience, partition, region, &account, names))
}
