//! Lists all annexes of an account and region.

use aws_sdk_cloudformation::types::StackStatus;

use crate::annex::{AnnexId, AnnexName};
use crate::cloud::aws::annex::described;
use crate::cloud::aws::api::{AwsSession, Call};
use crate::cloud::aws::ec2::pages::all_pages;
use crate::provider::CloudError;

/// Returns all annexes whose stacks are not deleted, by the stacks' descriptions: users may list all stacks, but see
/// tags only of annexes' stacks.
pub(super) async fn list_annexes(session: &AwsSession) -> Result<Vec<AnnexId>, CloudError> {
    let client = session.cloudformation().await?;
    let there = StackStatus::values().iter().filter(|status| **status != StackStatus::DeleteComplete.as_str());
    let request =
        client.list_stacks().set_stack_status_filter(Some(there.map(|&status| StackStatus::from(status)).collect()));
    let stacks = all_pages!(session, Call::cloudformation("ListStacks"), request, stack_summaries)
        .map_err(|problem| problem.explain(&session.scene(), "list the annexes"))?;
    let mut found: Vec<AnnexId> = stacks
        .into_iter()
        .filter_map(|stack| {
            let id = described(stack.template_description.as_deref()?)?;
            let name = stack.stack_name.unwrap_or_default();
            (name.starts_with(AnnexName::STACK_PREFIX) && name == id.name.stack()).then_some(id)
        })
        .collect();
    found.sort();
    Ok(found)
}
