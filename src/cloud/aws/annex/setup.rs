//! What annexes need once in a region: makes it, changes it, and tells what it made.

use std::sync::Arc;

use aws_sdk_cloudformation::types::StackStatus;
use aws_sdk_ec2::types::Filter;
use serde_json::Value;

use super::access_denied::{ADMIN, for_admin, is_missing_permission};
use super::public_address::caller;
use super::setup_params::{Cidr, SetupParams};
use super::setup_progress::SetupProgress;
use super::setup_stack::{ObservedStack, STACK, SetupStack, WHAT};
use crate::annex::PollPolicy;
use crate::cloud::aws::annex::{LARGEST_BODY, Setup};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::Templates;

/// The template that it is made by.
const TEMPLATE: &str = "annex-setup.json";

/// How often a state is dealt with that an earlier or another command left, before this one gives up.
const ROUNDS: usize = 6;

/// What annexes need once in a region of an account: a stack of its own, made by whoever may make roles.
#[derive(Debug)]
pub struct AnnexSetup {
    pub(super) session: Arc<AwsSession>,
    templates: Templates,
    pace: PollPolicy,
}

/// What [`AnnexSetup::apply`] would do.
#[derive(Clone, Debug, PartialEq)]
pub struct SetupPlan {
    /// The terms, with the network that is meant where none was given.
    pub terms: SetupParams,
    /// The terms of the set-up that is there, as far as its template tells.
    pub before: Option<SetupParams>,
    /// The template of the set-up that is there.
    pub present: Option<Value>,
    /// What CloudFormation is given.
    pub template: Value,
}

impl SetupPlan {
    /// Whether the set-up that is there is like that.
    pub fn is_so(&self) -> bool {
        self.present.as_ref() == Some(&self.template)
    }
}

/// What came of [`AnnexSetup::apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupOutcome {
    /// There was none.
    Made,
    /// There was one that was different.
    Changed,
    /// It is what was there.
    Unchanged,
}

impl AnnexSetup {
    /// That of the session's account and region. Asks nothing yet.
    pub fn new(session: Arc<AwsSession>, templates: Templates) -> Self {
        Self { session, templates, pace: PollPolicy::default() }
    }

    /// With another pace of looking.
    #[must_use]
    pub fn pace(self, pace: PollPolicy) -> Self {
        Self { pace, ..self }
    }

    /// What it made, for annexes to use; `None` where there is no set-up, or none that ever came to be.
    ///
    /// # Errors
    /// Also where there is one that lacks something, as an older one does.
    pub async fn outputs(&self) -> Result<Option<Setup>, CloudError> {
        let Some(seen) = self.stack().describe(STACK).await? else { return Ok(None) };
        if !has_come_to_be(&seen) {
            return Ok(None);
        }
        let output = |name: &str| {
            seen.outputs.get(name).cloned().ok_or_else(|| {
                let message = format!("{WHAT} does not say what its {name} is");
                refused(message).hint("it may be an older version's; `hoist annex setup` brings it up to date")
            })
        };
        Ok(Some(Setup {
            bucket: output("Bucket")?,
            security_group: output("SecurityGroup")?,
            vpc: output("Vpc")?,
            boundary: output("Boundary")?,
            service_role: output("ServiceRole")?,
            scheduler_role: output("SchedulerRole")?,
        }))
    }

    /// The network that is this machine alone, as the cloud sees it: from where HTCondor is let in unless somebody says
    /// otherwise.
    ///
    /// # Errors
    /// It cannot be found; says to give `--from`.
    pub async fn caller(&self) -> Result<Cidr, CloudError> {
        caller(&self.session).await
    }

    /// What [`AnnexSetup::apply`] would do with these terms. Makes nothing.
    ///
    /// # Errors
    /// The terms are not right: no such network, nobody to let in; or another network than that of annexes that live.
    pub async fn plan(&self, terms: &SetupParams) -> Result<SetupPlan, CloudError> {
        Box::pin(self.prepare(terms)).await.map_err(for_admin)
    }

    async fn prepare(&self, terms: &SetupParams) -> Result<SetupPlan, CloudError> {
        let networks =
            terms.networks().map_err(|reason| refused(reason).hint("--from 192.0.2.7/32 lets that address in"))?;
        let present = self.present().await?;
        let before = present.as_ref().and_then(SetupParams::of_template);
        let vpc_before = before.as_ref().and_then(|terms| terms.vpc.clone());
        let vpc = match (&terms.vpc, &vpc_before) {
            (Some(vpc), _) | (None, Some(vpc)) => self.known_vpc(vpc).await?,
            (None, None) => self.default_vpc().await?,
        };
        if vpc_before.is_some_and(|before| before != vpc) {
            self.refuse_while_annexes_live("be moved to another network").await?;
        }
        let cidrs = networks.iter().map(Cidr::to_string).collect();
        let terms = SetupParams { vpc: Some(vpc), cidrs, ssh: terms.ssh };
        let template = self.render(&terms)?;
        Ok(SetupPlan { terms, before, present, template })
    }

    /// Makes the set-up as `terms` say, or changes it to that, and waits until it is so. Cut off at any point, the same
    /// again goes on.
    ///
    /// # Errors
    /// As [`AnnexSetup::plan`]; and CloudFormation's reasons, where it failed.
    pub async fn apply(
        &self,
        terms: &SetupParams,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<SetupOutcome, CloudError> {
        Box::pin(self.make(terms, tell)).await.map_err(for_admin)
    }

    async fn make(
        &self,
        terms: &SetupParams,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<SetupOutcome, CloudError> {
        let SetupPlan { template, .. } = self.prepare(terms).await?;
        let stack = self.stack();
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
            } else if never_came_to_be(&seen) {
                self.refuse_while_annexes_live("be made anew").await?;
                tell(&SetupProgress::RemovingEarlier);
                let seen = self.take_down(&seen, tell).await?;
                self.want(&seen, &StackStatus::DeleteComplete, "made anew, since an earlier try cannot be removed")
                    .await?;
            } else if has_come_to_be(&seen) {
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

    pub(super) fn stack(&self) -> SetupStack<'_> {
        SetupStack { session: &self.session, pace: self.pace }
    }

    /// The template of the set-up that is there.
    async fn present(&self) -> Result<Option<Value>, CloudError> {
        let stack = self.stack();
        let Some(seen) = stack.describe(STACK).await? else { return Ok(None) };
        refuse_what_is_not_ours(&seen)?;
        if !has_come_to_be(&seen) {
            return Ok(None);
        }
        stack.template(&seen.id).await.map(Some)
    }

    /// The template with these terms, which name a network.
    pub(super) fn render(&self, terms: &SetupParams) -> Result<Value, CloudError> {
        let wrong = |reason: String| {
            refused(format!("cannot render the template {TEMPLATE}: {reason}"))
                .hint("a template of this name among the user's own takes the place of hoist's")
        };
        let values = terms.values(terms.vpc.as_deref().unwrap_or_default()).map_err(wrong)?;
        let template = self.templates.get(TEMPLATE).map_err(|error| wrong(error.to_string()))?;
        let text = template.render(&values).map_err(|error| wrong(error.to_string()))?;
        let template: Value =
            serde_json::from_str(&text).map_err(|error| wrong(format!("it gives no JSON: {error}")))?;
        let length = template.to_string().len();
        if length > LARGEST_BODY {
            let reason = format!("it has {length} bytes, and CloudFormation takes {LARGEST_BODY}; give fewer networks");
            return Err(wrong(reason));
        }
        Ok(template)
    }

    pub(super) async fn refuse_while_annexes_live(&self, what: &str) -> Result<(), CloudError> {
        let living = self.stack().annexes().await?;
        if living.is_empty() {
            return Ok(());
        }
        let noun = if living.len() == 1 { "an annex lives" } else { "annexes live" };
        let message = format!("{WHAT} cannot {what} while {noun} by it: {}", living.join(", "));
        Err(refused(message).hint("hoist annex delete NAME ends an annex"))
    }

    /// Nothing, where the stack came to what was wanted; else why not. `what` completes "cannot be".
    pub(super) async fn want(&self, seen: &ObservedStack, wanted: &StackStatus, what: &str) -> Result<(), CloudError> {
        if seen.status == *wanted {
            return Ok(());
        }
        let mut reasons = self.stack().reasons(&seen.id).await?;
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
        let reasons = self.stack().reasons(&seen.id).await.unwrap_or_default().join("; ");
        let message = format!(
            "{WHAT} is in the state {}, out of which CloudFormation does not come by itself: {reasons}",
            seen.status.as_str()
        );
        let region = self.session.scene().region;
        refused(message).hint(format!(
            "aws cloudformation continue-update-rollback --stack-name {STACK} --region {region}, or hoist annex setup --delete"
        ))
    }

    async fn known_vpc(&self, vpc: &str) -> Result<String, CloudError> {
        let client = self.session.ec2().await?;
        let call = Call::ec2("DescribeVpcs", ApiClass::Describe);
        let answer = self.session.call(call, || client.describe_vpcs().vpc_ids(vpc).send()).await;
        answer.map_err(|problem| problem.explain(&self.session.scene(), &format!("find the network {vpc}")))?;
        Ok(vpc.to_owned())
    }

    async fn default_vpc(&self) -> Result<String, CloudError> {
        let client = self.session.ec2().await?;
        let call = Call::ec2("DescribeVpcs", ApiClass::Describe);
        let filter = Filter::builder().name("is-default").values("true").build();
        let answer = self.session.call(call, || client.describe_vpcs().filters(filter.clone()).send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "find the default network"))?;
        let found = answer.vpcs.unwrap_or_default().into_iter().find_map(|vpc| vpc.vpc_id);
        found.ok_or_else(|| {
            let message = format!("the account has no default network in {}", self.session.scene().region);
            refused(message).hint("--vpc ID names one; aws ec2 describe-vpcs lists them")
        })
    }
}

/// Whether there is a set-up that works, perhaps while it changes.
fn has_come_to_be(seen: &ObservedStack) -> bool {
    use StackStatus::*;
    matches!(
        seen.status,
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
fn never_came_to_be(seen: &ObservedStack) -> bool {
    use StackStatus::*;
    matches!(
        seen.status,
        CreateFailed | RollbackComplete | RollbackFailed | DeleteFailed | ReviewInProgress | DeleteComplete
    )
}

/// Somebody may have a stack of this name for something else.
pub(super) fn refuse_what_is_not_ours(seen: &ObservedStack) -> Result<(), CloudError> {
    if seen.is_ours {
        return Ok(());
    }
    let message =
        format!("there is a stack {STACK} already that is no set-up for annexes ({}), and is left alone", seen.id);
    Err(refused(message)
        .hint("annexes need one of this name: whoever made it may give it another, or use another region"))
}

pub(super) fn refused(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
