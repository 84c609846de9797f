//! The set-up's stack and resources as CloudFormation describes them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackStatus};

use super::describe;
use crate::cloud::aws::api::AwsSession;
use crate::provider::CloudError;

/// Tag of all resources of the set-up; the template sets it where CloudFormation does not propagate it.
pub(super) const TAG: (&str, &str) = ("hoist:setup", "annex");

/// The observed stack.
#[derive(Clone, Debug)]
pub(super) struct ObservedStack {
    pub(super) id: String,
    pub(super) status: StackStatus,
    pub(super) reason: Option<String>,
    /// Whether it carries the set-up's tag.
    pub(super) is_ours: bool,
    pub(super) outputs: BTreeMap<String, String>,
}

/// A resource of the stack, as CloudFormation last created it.
#[derive(Clone, Debug)]
pub(super) struct ObservedResource {
    pub(super) logical: String,
    pub(super) physical: Option<String>,
    pub(super) status: String,
    pub(super) reason: Option<String>,
}

impl ObservedStack {
    /// Returns the stack with this name or id; an id also finds a deleted stack.
    pub(super) async fn of(session: &AwsSession, which: &str) -> Result<Option<Self>, CloudError> {
        Ok(describe::stack(session, which).await?.map(Self::from))
    }

    /// Returns a stack deleted so long ago that CloudFormation has forgotten it.
    pub(super) fn gone(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            status: StackStatus::DeleteComplete,
            reason: None,
            is_ours: true,
            outputs: BTreeMap::new(),
        }
    }

    /// Returns whether an operation on the stack is in progress.
    pub(super) fn is_changing(&self) -> bool {
        self.status.as_str().ends_with("_IN_PROGRESS") && self.status != StackStatus::ReviewInProgress
    }

    /// Returns whether the set-up works, perhaps while it changes.
    pub(super) fn has_come_to_be(&self) -> bool {
        use StackStatus::*;
        matches!(
            self.status,
            CreateComplete
                | ImportComplete
                | ImportRollbackComplete
                | UpdateComplete
                | UpdateCompleteCleanupInProgress
                | UpdateFailed
                | UpdateInProgress
                | UpdateRollbackComplete
                | UpdateRollbackCompleteCleanupInProgress
                | UpdateRollbackInProgress
        )
    }

    /// Returns whether this is an unusable rest of a failed creation or deletion.
    pub(super) fn never_came_to_be(&self) -> bool {
        use StackStatus::*;
        matches!(
            self.status,
            CreateFailed | RollbackComplete | RollbackFailed | DeleteFailed | ReviewInProgress | DeleteComplete
        )
    }
}

impl From<Stack> for ObservedStack {
    fn from(stack: Stack) -> Self {
        let (id, status) = (describe::id_of(&stack), describe::status(&stack));
        let is_ours = describe::tags(&stack).get(TAG.0).is_some_and(|value| value == TAG.1);
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        Self {
            id,
            status,
            reason: stack.stack_status_reason,
            is_ours,
            outputs: outputs.filter_map(|output| Some((output.output_key?, output.output_value?))).collect(),
        }
    }
}
