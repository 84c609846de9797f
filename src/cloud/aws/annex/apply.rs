//! Creates and changes annexes.

use std::sync::Arc;

use aws_sdk_cloudformation::types::{Capability, OnFailure, Stack, StackStatus};

use super::annex_stack::StackFinder;
use super::describe;
use super::events::last_request;
use super::files::AnnexFiles;
use super::member_leases::MemberLeases;
use super::prepare::StackPlanner;
use super::request::{CAPABILITY, StackRequest};
use super::scaling_groups::ScalingGroups;
use crate::annex::{AnnexId, AnnexSpec, share};
use crate::cloud::aws::annex::Setup;
use crate::cloud::aws::api::{AwsSession, Call, CallError, ErrorClass};
use crate::provider::{CloudError, CloudErrorKind};

/// Creates and changes the stacks of annexes.
pub(super) struct StackLauncher {
    pub(super) session: Arc<AwsSession>,
    pub(super) stacks: StackFinder,
    pub(super) groups: ScalingGroups,
    pub(super) files: AnnexFiles,
    pub(super) leases: MemberLeases,
    pub(super) planner: StackPlanner,
}

impl StackLauncher {
    /// Has CloudFormation create the annex, or change it to `spec`, and returns the stack's id. Files are stored first.
    /// Work already done by a call with a lost answer or by a killed process is found and kept.
    pub(super) async fn apply(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        setup: &Setup,
        token: &str,
    ) -> Result<String, CloudError> {
        // Before anything is stored: the name may be another annex's.
        let before = self.stacks.own(id).await?;
        let Some(stack) = before else {
            let counts = share(spec.count, &spec.pools, &[]);
            let prepared = self.planner.prepare(id, spec, setup, &counts).await?;
            self.files.upload(setup, &prepared.files).await?;
            let made = self.create(id, &prepared.request, token).await;
            if made.as_ref().is_err_and(|error| error.kind != CloudErrorKind::Transient) {
                // Nothing will read the files. A failure here is secondary to the first error, and `delete` removes the
                // files, too.
                let _ = self.files.remove_all(id, setup).await;
            }
            return made;
        };
        // Released or departed instances must not be replaced at the cost of another pool.
        let counts = share(spec.count, &spec.pools, &self.groups.sizes(id, spec).await?);
        // Before anything is stored: the stack may be being deleted, and its files with it.
        if self.can_be_changed(id, &stack, token).await? {
            let prepared = match self.planner.renew(id, spec, (&stack, setup), &counts).await? {
                Some(prepared) => prepared,
                None => self.planner.prepare(id, spec, setup, &counts).await?,
            };
            self.files.upload(setup, &prepared.files).await?;
            // First: an instance whose own end stayed would be gone before the annex.
            self.leases.set(id, spec.expires_at).await?;
            self.change(id, &stack, &prepared.request, token).await?;
        }
        self.groups.resize(id, &counts).await?;
        Ok(describe::id_of(&stack))
    }

    async fn create(&self, id: &AnnexId, wanted: &StackRequest, token: &str) -> Result<String, CloudError> {
        let client = self.session.cloudformation().await?;
        let request = client
            .create_stack()
            .stack_name(&wanted.name)
            .set_template_body(wanted.inline())
            .set_template_url(wanted.url.clone())
            .role_arn(&wanted.role)
            .capabilities(Capability::from(CAPABILITY))
            .on_failure(OnFailure::Delete)
            .set_tags(Some(wanted.tags()))
            .client_request_token(token);
        match self.session.call(Call::cloudformation("CreateStack"), || request.clone().send()).await {
            Ok(answer) => Ok(answer.stack_id.unwrap_or_else(|| wanted.name.clone())),
            // An earlier attempt, or another process, created it.
            Err(problem) if matches!(problem.class(), ErrorClass::Exists | ErrorClass::TokenMismatch) => {
                match self.stacks.own(id).await? {
                    Some(stack) => Ok(describe::id_of(&stack)),
                    // This call created it before, and it has been deleted since.
                    None => Err(self.unmade(id, &problem, "make")),
                }
            }
            Err(problem) => Err(self.unmade(id, &problem, "make")),
        }
    }

    /// Requests a change of a stack in a changeable state.
    async fn change(&self, id: &AnnexId, stack: &Stack, wanted: &StackRequest, token: &str) -> Result<(), CloudError> {
        let stack_id = describe::id_of(stack);
        let client = self.session.cloudformation().await?;
        let request = client
            .update_stack()
            .stack_name(&stack_id)
            .set_template_body(wanted.inline())
            .set_template_url(wanted.url.clone())
            .role_arn(&wanted.role)
            .capabilities(Capability::from(CAPABILITY))
            .set_tags(Some(wanted.tags()))
            .client_request_token(token);
        match self.session.call(Call::cloudformation("UpdateStack"), || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(problem) if is_as_wanted(&problem) || problem.class() == ErrorClass::TokenMismatch => Ok(()),
            // An earlier attempt, or another process, began a change after the stack was read.
            Err(problem) if is_busy(&problem) => {
                let now = self.stacks.find(id, Some(&stack_id)).await?;
                match now {
                    Some(now) if self.can_be_changed(id, &now, token).await? => {
                        Err(CloudError { kind: CloudErrorKind::Transient, ..self.unmade(id, &problem, "change") })
                    }
                    Some(_) => Ok(()),
                    None => Err(self.unmade(id, &problem, "change")),
                }
            }
            Err(problem) => Err(self.unmade(id, &problem, "change")),
        }
    }

    /// Returns whether the stack needs the change; false while this very change is in progress.
    ///
    /// # Errors
    /// Another operation is in progress, or the stack is in a state without updates.
    async fn can_be_changed(&self, id: &AnnexId, stack: &Stack, token: &str) -> Result<bool, CloudError> {
        let status = describe::status(stack);
        let error = |kind, what: &str, hint: &str| {
            Err(CloudError::new(kind, format!("the annex {} {what}", id.name)).hint(hint))
        };
        match &status {
            StackStatus::CreateComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::UpdateFailed => Ok(true),
            StackStatus::DeleteInProgress => error(
                CloudErrorKind::Transient,
                "is being deleted",
                "try again when it is gone: `hoist annex status` tells",
            ),
            other if other.as_str().ends_with("_IN_PROGRESS") => {
                let last = last_request(&self.session, &describe::id_of(stack)).await?;
                if last.token.as_deref() == Some(token) {
                    return Ok(false);
                }
                error(
                    CloudErrorKind::Transient,
                    "is being changed",
                    "try again when that is done: `hoist annex status` tells",
                )
            }
            other => {
                let what = format!("cannot be changed: its stack is {}", other.as_str());
                error(
                    CloudErrorKind::Rejected,
                    &what,
                    &format!("`hoist annex delete {}` removes it; then make it anew", id.name),
                )
            }
        }
    }

    fn unmade(&self, id: &AnnexId, problem: &CallError, verb: &str) -> CloudError {
        problem.explain(&self.session.scene(), &format!("{verb} the annex {}", id.name))
    }
}

/// Returns whether CloudFormation has nothing to change.
fn is_as_wanted(problem: &CallError) -> bool {
    problem.code() == Some("ValidationError") && problem.fault.message().contains("No updates are to be performed")
}

/// Returns whether the stack's state forbids updates at present.
fn is_busy(problem: &CallError) -> bool {
    problem.code() == Some("ValidationError") && problem.fault.message().contains("state and can not be updated")
}
