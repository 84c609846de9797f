//! Finds the stack of an annex, and checks that a stack of its name is its own.

use std::sync::Arc;

use aws_sdk_cloudformation::types::{Stack, StackStatus};

use super::describe::{stack, status, tags};
use crate::annex::{AnnexId, TAG_ANNEX};
use crate::cloud::aws::api::AwsSession;
use crate::provider::{CloudError, CloudErrorKind, TAG_OWNER};

/// Finds the stacks of annexes.
#[derive(Clone)]
pub(super) struct StackFinder {
    session: Arc<AwsSession>,
}

impl StackFinder {
    /// Creates a finder for this session's account and region. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the stack of this annex: by its id once known, else by its name and tag.
    pub(super) async fn find(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Option<Stack>, CloudError> {
        let name = id.name.stack();
        let found = stack(&self.session, cloud_id.unwrap_or(&name)).await?;
        Ok(found.filter(|stack| is_of(stack, id)))
    }

    /// Returns the stack of this annex's name, if it exists.
    ///
    /// # Errors
    /// The stack does not belong to this annex.
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
