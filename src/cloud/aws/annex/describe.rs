//! Stacks as CloudFormation shows them, and whose they are.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackStatus};

use super::StackCloud;
use crate::annex::{AnnexId, TAG_ANNEX};
use crate::cloud::aws::api::{AwsSession, Call, CallError};
use crate::provider::{CloudError, CloudErrorKind, TAG_OWNER};

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

impl StackCloud {
    /// The stack of this annex: by its id once that is known, else by its name and tag.
    pub(super) async fn find(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Option<Stack>, CloudError> {
        let name = id.name.stack();
        let found = stack(&self.session, cloud_id.unwrap_or(&name)).await?;
        Ok(found.filter(|stack| is_of(stack, id)))
    }

    /// The stack of this annex's name, if there is one.
    ///
    /// # Errors
    /// It is another's.
    pub(super) async fn own(&self, id: &AnnexId) -> Result<Option<Stack>, CloudError> {
        match stack(&self.session, &id.name.stack()).await? {
            Some(stack) if !is_of(&stack, id) => Err(others(&stack, id)),
            found => Ok(found),
        }
    }
}

fn is_of(stack: &Stack, id: &AnnexId) -> bool {
    tags(stack).get(TAG_ANNEX).is_some_and(|tag| *tag == id.tag())
}

fn others(stack: &Stack, id: &AnnexId) -> CloudError {
    let (name, tags) = (id.name.stack(), tags(stack));
    let message = match (tags.get(TAG_ANNEX), tags.get(TAG_OWNER)) {
        (Some(_), Some(owner)) => format!("there is an annex {} already, which {owner} made", id.name),
        (Some(_), None) => format!("there is another annex {} already", id.name),
        (None, _) => format!("there is a stack {name} already, which is no annex"),
    };
    let hint = match status(stack) {
        StackStatus::DeleteInProgress => {
            "it is being deleted: try again in a few minutes, or give this annex another name"
        }
        _ => "give this annex another name",
    };
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}
