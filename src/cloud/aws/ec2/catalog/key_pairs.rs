//! Lists the available key pairs.

use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::provider::CloudError;

/// Returns the names of the key pairs, sorted.
pub(in crate::cloud::aws::ec2) async fn list_key_pairs(session: &AwsSession) -> Result<Vec<String>, CloudError> {
    let client = session.ec2().await?;
    let request = client.describe_key_pairs();
    let call = Call::ec2("DescribeKeyPairs", ApiClass::DescribeAll);
    let answer = session.call(call, || request.clone().send()).await;
    let answer = answer.map_err(|problem| problem.explain(&session.scene(), "list the key pairs"))?;
    let mut names: Vec<String> =
        answer.key_pairs.unwrap_or_default().into_iter().filter_map(|key| key.key_name).collect();
    names.sort();
    Ok(names)
}
