//! The least rights with which annexes can be set up, or used.

use serde_json::Value;

use crate::app::{CommandError, Workspace, aws};
use crate::cloud::aws::annex::{Audience, policy};

/// The IAM policy for the account and the region that the workspace names.
///
/// # Errors
/// The cloud cannot be asked, or does not say which account it is.
pub(crate) async fn least_policy(workspace: &Workspace, audience: Audience) -> Result<Value, CommandError> {
    let session = aws(workspace)?.session_with_stacks(&workspace.clouds.ec2_config())?;
    let identity = session.identity().await?;
    let region = session.region().await?;
    let account = identity.account.ok_or_else(|| CommandError::new("the cloud does not say which account this is"))?;
    let partition = identity.arn.as_deref().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    Ok(policy(audience, partition, region, &account))
}
