//! The stack of the set-up, and what belongs to it, as CloudFormation shows them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackStatus};

use super::describe;
use crate::cloud::aws::api::AwsSession;
use crate::provider::CloudError;

/// The tag of everything that the set-up is made of; the template gives it to what CloudFormation does not hand it on
/// to.
pub(super) const TAG: (&str, &str) = ("hoist:setup", "annex");

/// The stack as it was seen.
#[derive(Clone, Debug)]
pub(super) struct ObservedStack {
    pub(super) id: String,
    pub(super) status: StackStatus,
    pub(super) reason: Option<String>,
    /// Whether it carries the set-up's tag.
    pub(super) is_ours: bool,
    pub(super) outputs: BTreeMap<String, String>,
}

/// A resource of the stack, as CloudFormation last made it.
#[derive(Clone, Debug)]
pub(super) struct ObservedResource {
    pub(super) logical: String,
    pub(super) physical: Option<String>,
    pub(super) status: String,
    pub(super) reason: Option<String>,
}

impl ObservedStack {
    /// The stack with this name or id, if there is one or, by its id, there was.
    pub(super) async fn of(session: &AwsSession, which: &str) -> Result<Option<Self>, CloudError> {
        Ok(describe::stack(session, which).await?.map(Self::from))
    }

    /// One that CloudFormation has forgotten: it was deleted a long time ago.
    pub(super) fn gone(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            status: StackStatus::DeleteComplete,
            reason: None,
            is_ours: true,
            outputs: BTreeMap::new(),
        }
    }

    /// Whether something is under way with it.
    pub(super) fn is_changing(&self) -> bool {
        self.status.as_str().ends_with("_IN_PROGRESS") && self.status != StackStatus::ReviewInProgress
    }

    /// Whether there is a set-up that works, perhaps while it changes.
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

    /// Whether this is what is left of a try that failed, or of one to delete it: in the way, and good for nothing.
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
