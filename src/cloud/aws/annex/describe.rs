//! Stacks as CloudFormation shows them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackStatus};

use crate::cloud::aws::api::{AwsSession, Call, CallError};
use crate::provider::CloudError;

/// The stack of this name or id. By its id one is found that is deleted, too (for 90 days: CloudFormation API
/// reference, `DescribeStacks`).
pub(super) async fn stack(session: &AwsSession, name_or_id: &str) -> Result<Option<Stack>, CloudError> {
    let client = session.cloudformation().await?;
    let request = client.describe_stacks().stack_name(name_or_id);
    match session.call(Call::cloudformation("DescribeStacks"), || request.clone().send()).await {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
        Err(problem) if is_missing(&problem) => Ok(None),
        Err(problem) => Err(problem.explain(&session.scene(), &format!("look at the stack {name_or_id}"))),
    }
}

/// Whether this says that there is no such stack: CloudFormation has no code of its own for that.
pub(super) fn is_missing(problem: &CallError) -> bool {
    problem.code() == Some("ValidationError") && problem.fault.message().contains("does not exist")
}

/// The tags of a stack.
pub(super) fn tags(stack: &Stack) -> BTreeMap<String, String> {
    let tags = stack.tags.iter().flatten();
    tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}

/// One of the outputs of a stack.
pub(super) fn output<'a>(stack: &'a Stack, name: &str) -> Option<&'a str> {
    let outputs = stack.outputs.iter().flatten();
    outputs.filter(|output| output.output_key() == Some(name)).find_map(|output| output.output_value())
}

/// Its status.
pub(super) fn status(stack: &Stack) -> StackStatus {
    stack.stack_status.clone().unwrap_or_else(|| StackStatus::from(""))
}

/// Its id; its name where CloudFormation gives none.
pub(super) fn id_of(stack: &Stack) -> String {
    stack.stack_id.clone().or_else(|| stack.stack_name.clone()).unwrap_or_default()
}
