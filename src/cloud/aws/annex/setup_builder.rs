//! Creates or changes the set-up.

use aws_sdk_cloudformation::types::StackStatus;

use super::access_denied::{ADMIN, is_missing_permission};
use super::observed_setup::ObservedStack;
use super::setup_delete::SetupDeleter;
use super::setup_params::SetupParams;
use super::setup_plan::{SetupPlan, SetupPlanner};
use super::setup_progress::SetupProgress;
use super::setup_stack::{STACK, SetupStack, WHAT, refuse_what_is_not_ours, refused};
use crate::cloud::aws::api::AwsSession;
use crate::provider::{CloudError, CloudErrorKind};

/// How many states left by other commands are handled before this one gives up.
const ROUNDS: usize = 6;

/// Outcome of creating or changing a set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupOutcome {
    /// The set-up was created.
    Made,
    /// The existing set-up was changed.
    Changed,
    /// The existing set-up was up to date.
    Unchanged,
}

/// Creates and changes set-ups.
pub(super) struct SetupBuilder<'a> {
    pub(super) session: &'a AwsSession,
    pub(super) stack: SetupStack<'a>,
    pub(super) planner: SetupPlanner<'a>,
    /// Removes the rest of an earlier attempt.
    pub(super) deleter: SetupDeleter<'a>,
}

impl SetupBuilder<'_> {
    /// Creates the set-up, or changes it, according to `terms`, and waits for completion.
    pub(super) async fn make(
        &self,
        terms: &SetupParams,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<SetupOutcome, CloudError> {
        let SetupPlan { template, .. } = self.planner.prepare(terms).await?;
        let stack = self.stack;
        for _ in 0..ROUNDS {
            let Some(seen) = stack.describe(STACK).await? else {
                let Some(id) = stack.create(&template).await? else { continue };
                tell(&SetupProgress::Begun("make"));
                let seen = stack.settle(&id, tell).await?;
                self.want(&seen, &StackStatus::CreateComplete, "made").await?;
                return Ok(SetupOutcome::Made);
            };
            refuse_what_is_not_ours(&seen)?;
            if seen.is_changing() {
                stack.settle(&seen.id, tell).await?;
            } else if seen.never_came_to_be() {
                stack.refuse_while_annexes_live("be made anew").await?;
                tell(&SetupProgress::RemovingEarlier);
                let seen = self.deleter.take_down(&seen, tell).await?;
                self.want(&seen, &StackStatus::DeleteComplete, "made anew, since an earlier try cannot be removed")
                    .await?;
            } else if seen.has_come_to_be() {
                if !stack.update(&seen.id, &template).await? {
                    return Ok(SetupOutcome::Unchanged);
                }
                tell(&SetupProgress::Begun("change"));
                let seen = stack.settle(&seen.id, tell).await?;
                self.want(&seen, &StackStatus::UpdateComplete, "changed").await?;
                return Ok(SetupOutcome::Changed);
            } else {
                return Err(self.stuck(&seen).await);
            }
        }
        let hint = "somebody else may be at it; try again when that is over";
        Err(CloudError::new(CloudErrorKind::Transient, format!("{WHAT} does not come to rest")).hint(hint))
    }

    /// Fails with the reasons unless the stack has the wanted status. `what` completes "cannot be".
    async fn want(&self, seen: &ObservedStack, wanted: &StackStatus, what: &str) -> Result<(), CloudError> {
        if seen.status == *wanted {
            return Ok(());
        }
        let mut reasons = self.stack.reasons(&seen.id).await?;
        if reasons.is_empty() {
            let reason = seen.reason.clone().unwrap_or_else(|| "CloudFormation gives no reason".to_owned());
            reasons.push(reason);
        }
        let text = format!("{WHAT} cannot be {what} ({}): {}", seen.status.as_str(), reasons.join("; "));
        let hint = if reasons.iter().any(|reason| is_missing_permission(reason)) {
            ADMIN
        } else {
            "put that right; the same command again removes what is left of this try, and goes on"
        };
        Err(refused(text).hint(hint))
    }

    async fn stuck(&self, seen: &ObservedStack) -> CloudError {
        let reasons = self.stack.reasons(&seen.id).await.unwrap_or_default().join("; ");
        let message = format!(
            "{WHAT} is in the state {}, out of which CloudFormation does not come by itself: {reasons}",
            seen.status.as_str()
        );
        let region = self.session.scene().region;
        refused(message).hint(format!(
            "aws cloudformation continue-update-rollback --stack-name {STACK} --region {region}, or hoist annex setup --delete"
        ))
    }
}
