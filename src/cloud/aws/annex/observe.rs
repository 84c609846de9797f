//! Observes the state of an annex by its stack.

use std::sync::Arc;

use aws_sdk_cloudformation::types::{Stack, StackStatus};

use super::annex_stack::StackFinder;
use super::describe;
use super::events::{LastRequest, last_request};
use super::scaling_groups::ScalingGroups;
use crate::annex::{AnnexId, ObservedAnnex, ObservedState};
use crate::cloud::aws::annex::OUTPUT_END;
use crate::cloud::aws::api::AwsSession;
use crate::provider::CloudError;

/// Maximum number of reasons in a message: the first is the cause, most others follow from it.
const REASONS: usize = 3;

/// Phase of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StackPhase {
    Changing,
    Settled,
    Failed,
    Deleting,
    DeleteFailed,
    Gone,
}

/// Observes annexes by their stacks.
pub(super) struct StackObserver {
    pub(super) session: Arc<AwsSession>,
    pub(super) stacks: StackFinder,
    pub(super) groups: ScalingGroups,
}

impl StackObserver {
    /// Returns the state of the annex. An annex that CloudFormation failed to create and removed again counts as
    /// failed, with the reason, as long as CloudFormation shows it by its id. What fails first in a change is told
    /// while it is under way: going back takes minutes.
    pub(super) async fn observe(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
    ) -> Result<Option<ObservedAnnex>, CloudError> {
        let Some(stack) = self.stacks.find(id, cloud_id).await? else { return Ok(None) };
        let stand = stand(&describe::status(&stack));
        let last = match stand {
            StackPhase::Settled => LastRequest::default(),
            _ => last_request(&self.session, &describe::id_of(&stack)).await?,
        };
        let never_was = last.verb == "CREATE" && matches!(stand, StackPhase::Deleting | StackPhase::Gone);
        let state = match stand {
            _ if never_was => ObservedState::Failed(reason(&stack, &last)),
            StackPhase::Changing => ObservedState::Changing,
            StackPhase::Settled => ObservedState::Settled,
            StackPhase::Failed => ObservedState::Failed(reason(&stack, &last)),
            StackPhase::Deleting => ObservedState::Deleting,
            StackPhase::DeleteFailed => ObservedState::DeleteFailed(survivors(&stack, &last)),
            StackPhase::Gone => return Ok(None),
        };
        let wanted = if stand == StackPhase::Gone { 0 } else { self.groups.wanted(id).await? };
        let expires_at = describe::output(&stack, OUTPUT_END).and_then(|at| at.parse().ok());
        let trouble = (stand == StackPhase::Changing).then(|| last.failures.first()).flatten();
        let trouble = trouble.map(|(name, reason)| format!("{name}: {reason}"));
        // The state of a change does not tell yet which request it follows.
        let token = last.token.filter(|_| stand != StackPhase::Changing);
        let cloud_id = Some(describe::id_of(&stack));
        Ok(Some(ObservedAnnex { state, wanted, expires_at, token, cloud_id, trouble }))
    }
}

/// Returns the phase of a status (CloudFormation User Guide, "Understand CloudFormation stack creation events", table
/// of status codes).
fn stand(status: &StackStatus) -> StackPhase {
    match status {
        StackStatus::CreateComplete | StackStatus::UpdateComplete => StackPhase::Settled,
        StackStatus::DeleteInProgress => StackPhase::Deleting,
        StackStatus::DeleteFailed => StackPhase::DeleteFailed,
        StackStatus::DeleteComplete => StackPhase::Gone,
        status if status.as_str().ends_with("_IN_PROGRESS") => StackPhase::Changing,
        _ => StackPhase::Failed,
    }
}

/// Returns why the last request failed: the first failures, or the stack's own reason if there are none.
fn reason(stack: &Stack, last: &LastRequest) -> String {
    if last.failures.is_empty() {
        let told = stack.stack_status_reason.clone().filter(|reason| !reason.is_empty());
        return told.unwrap_or_else(|| format!("its stack is {}", describe::status(stack).as_str()));
    }
    let mut reasons: Vec<String> =
        last.failures.iter().take(REASONS).map(|(name, reason)| format!("{name}: {reason}")).collect();
    let more = last.failures.len().saturating_sub(REASONS);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    reasons.join("; ")
}

/// Returns the resources that could not be deleted, each with the last reason given, and with its type and id: it may
/// be one that somebody added to the stack.
fn survivors(stack: &Stack, last: &LastRequest) -> Vec<(String, String)> {
    let mut survivors: Vec<(String, String)> = Vec::new();
    for (name, reason) in last.failures.iter().rev() {
        if !survivors.iter().any(|(known, _)| known == name) {
            let what = last.resources.get(name).map(|what| format!(" ({what})")).unwrap_or_default();
            survivors.insert(0, (name.clone(), format!("{reason}{what}")));
        }
    }
    if survivors.is_empty() {
        survivors.push((stack.stack_name.clone().unwrap_or_default(), reason(stack, last)));
    }
    survivors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_means_something() {
        for (status, expected) in [
            ("CREATE_IN_PROGRESS", StackPhase::Changing),
            ("CREATE_FAILED", StackPhase::Failed),
            ("CREATE_COMPLETE", StackPhase::Settled),
            ("ROLLBACK_IN_PROGRESS", StackPhase::Changing),
            ("ROLLBACK_COMPLETE", StackPhase::Failed),
            ("ROLLBACK_FAILED", StackPhase::Failed),
            ("UPDATE_IN_PROGRESS", StackPhase::Changing),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackPhase::Changing),
            ("UPDATE_COMPLETE", StackPhase::Settled),
            ("UPDATE_FAILED", StackPhase::Failed),
            ("UPDATE_ROLLBACK_IN_PROGRESS", StackPhase::Changing),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", StackPhase::Changing),
            ("UPDATE_ROLLBACK_COMPLETE", StackPhase::Failed),
            ("UPDATE_ROLLBACK_FAILED", StackPhase::Failed),
            ("DELETE_IN_PROGRESS", StackPhase::Deleting),
            ("DELETE_FAILED", StackPhase::DeleteFailed),
            ("DELETE_COMPLETE", StackPhase::Gone),
        ] {
            assert_eq!(stand(&StackStatus::from(status)), expected, "{status}");
        }
    }

    #[test]
    fn what_is_in_the_way_of_a_deletion_is_told_with_what_it_is() {
        let failed = |name: &str| (name.to_owned(), "it is not empty".to_owned());
        let last = LastRequest {
            failures: vec![failed("Theirs"), failed("Group0"), failed("Theirs")],
            resources: [("Theirs".to_owned(), "AWS::S3::Bucket a-bucket".to_owned())].into(),
            ..LastRequest::default()
        };
        let told = survivors(&Stack::builder().build(), &last);
        let expected = [
            ("Group0".to_owned(), "it is not empty".to_owned()),
            ("Theirs".to_owned(), "it is not empty (AWS::S3::Bucket a-bucket)".to_owned()),
        ];
        assert_eq!(told, expected);
    }
}
