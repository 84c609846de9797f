//! Reads stacks as CloudFormation describes them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackStatus};

use crate::cloud::aws::api::{AwsSession, Call, CallError};
use crate::provider::CloudError;

/// Returns the stack of this name or id. An id finds deleted stacks, too (for 90 days: CloudFormation API reference,
/// `DescribeStacks`).
pub(super) async fn stack(session: &AwsSession, name_or_id: &str) -> Result<Option<Stack>, CloudError> {
    let client = session.cloudformation().await?;
    let request = client.describe_stacks().stack_name(name_or_id);
    match session.call(Call::cloudformation("DescribeStacks"), || request.clone().send()).await {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
        Err(problem) if is_missing(&problem) => Ok(None),
        Err(problem) => Err(problem.explain(&session.scene(), &format!("look at the stack {name_or_id}"))),
    }
}

/// Returns whether the error means that the stack does not exist: CloudFormation has no specific code for that.
pub(super) fn is_missing(problem: &CallError) -> bool {
    problem.code() == Some("ValidationError") && problem.fault.message().contains("does not exist")
}

/// Returns the tags of a stack.
pub(super) fn tags(stack: &Stack) -> BTreeMap<String, String> {
    let tags = stack.tags.iter().flatten();
    tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}

/// Returns an output of a stack by its name.
pub(super) fn output<'a>(stack: &'a Stack, name: &str) -> Option<&'a str> {
    let outputs = stack.outputs.iter().flatten();
    outputs.filter(|output| output.output_key() == Some(name)).find_map(|output| output.output_value())
}

/// Returns the status of a stack.
pub(super) fn status(stack: &Stack) -> StackStatus {
    stack.stack_status.clone().unwrap_or_else(|| StackStatus::from(""))
}

/// Returns the id of a stack, or its name where CloudFormation gives no id.
pub(super) fn id_of(stack: &Stack) -> String {
    stack.stack_id.clone().or_else(|| stack.stack_name.clone()).unwrap_or_default()
}
