//! CloudFormation calls about the set-up's stack.

use aws_sdk_cloudformation::types::{Capability, StackStatus, Tag};
use serde_json::Value;
use tokio::time::Instant;

use super::events;
use super::observed_setup::{ObservedResource, ObservedStack, TAG};
use super::request::CAPABILITY;
use super::setup_progress::SetupProgress;
use crate::annex::{AnnexName, PollPolicy};
use crate::cloud::aws::api::{AwsSession, Call, CallError, ErrorClass};
use crate::cloud::aws::ec2::pages::all_pages;
use crate::os::random_hex;
use crate::provider::{CloudError, CloudErrorKind};
use crate::retry::{Limit, Pauses, Poller};

/// Name of the stack; no annex's stack can have it.
pub(super) const STACK: &str = "hoist-setup";

/// The set-up's name in messages.
pub(super) const WHAT: &str = "the set-up for annexes (stack hoist-setup)";

/// Maximum number of reasons in a message: later ones follow from the first.
const REASONS: usize = 5;

/// Returns whether a stack of this status exists: all but `DELETE_COMPLETE`.
fn is_there(status: &StackStatus) -> bool {
    *status != StackStatus::DeleteComplete
}

/// CloudFormation calls about the set-up.
#[derive(Clone, Copy)]
pub(super) struct SetupStack<'a> {
    pub(super) session: &'a AwsSession,
    pub(super) pace: PollPolicy,
}

impl SetupStack<'_> {
    /// Returns the stack with this name or id; an id also finds a deleted stack.
    pub(super) async fn describe(&self, which: &str) -> Result<Option<ObservedStack>, CloudError> {
        ObservedStack::of(self.session, which).await
    }

    /// Starts creating the stack; returns its id, or `None` if a stack of this name exists by now.
    pub(super) async fn create(&self, template: &Value) -> Result<Option<String>, CloudError> {
        let client = self.session.cloudformation().await?;
        let (body, token) = (template.to_string(), token()?);
        let send = || {
            client
                .create_stack()
                .stack_name(STACK)
                .template_body(&body)
                .capabilities(Capability::from(CAPABILITY))
                .tags(tag())
                .client_request_token(&token)
                .send()
        };
        match self.session.call(Call::cloudformation("CreateStack"), send).await {
            Ok(answer) => Ok(answer.stack_id),
            Err(problem) if problem.class() == ErrorClass::Exists => Ok(None),
            Err(problem) => Err(self.explain(&problem, &format!("make {WHAT}"))),
        }
    }

    /// Starts changing the stack to this template; returns false if there is nothing to change.
    pub(super) async fn update(&self, id: &str, template: &Value) -> Result<bool, CloudError> {
        let client = self.session.cloudformation().await?;
        let (body, token) = (template.to_string(), token()?);
        let send = || {
            client
                .update_stack()
                .stack_name(id)
                .template_body(&body)
                .capabilities(Capability::from(CAPABILITY))
                .tags(tag())
                .client_request_token(&token)
                .send()
        };
        match self.session.call(Call::cloudformation("UpdateStack"), send).await {
            Ok(_) => Ok(true),
            Err(problem) if problem.fault.message().contains("No updates are to be performed") => Ok(false),
            Err(problem) => Err(self.explain(&problem, &format!("change {WHAT}"))),
        }
    }

    /// Starts deleting the stack.
    pub(super) async fn delete(&self, id: &str) -> Result<(), CloudError> {
        let client = self.session.cloudformation().await?;
        let token = token()?;
        let send = || client.delete_stack().stack_name(id).client_request_token(&token).send();
        let answer = self.session.call(Call::cloudformation("DeleteStack"), send).await;
        answer.map(drop).map_err(|problem| self.explain(&problem, &format!("delete {WHAT}")))
    }

    /// Polls the stack until it is at rest, and returns its final state. Transient failures are tolerated for as long
    /// as the pace's `insist`.
    pub(super) async fn settle(
        &self,
        id: &str,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<ObservedStack, CloudError> {
        let pauses = Pauses::growing(self.pace.first, self.pace.longest);
        let mut poller = Poller::new(pauses, Limit::Time(self.pace.patience));
        let mut failing_since = None;
        loop {
            match self.describe(id).await {
                Ok(seen) => {
                    failing_since = None;
                    // CloudFormation has forgotten the stack: it was deleted long ago.
                    let Some(seen) = seen else { return Ok(ObservedStack::gone(id)) };
                    tell(&SetupProgress::State(seen.status.as_str().to_owned()));
                    if !seen.is_changing() {
                        return Ok(seen);
                    }
                }
                Err(error) if error.kind == CloudErrorKind::Transient => {
                    let since = *failing_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.pace.insist {
                        return Err(
                            error.hint("what was begun goes on without hoist; the same command again looks at it")
                        );
                    }
                }
                Err(error) => return Err(error),
            }
            if !poller.pause().await {
                let message = format!("{WHAT} still changes after {} min", self.pace.patience.as_secs() / 60);
                return Err(CloudError::new(CloudErrorKind::Transient, message)
                    .hint("it goes on without hoist; the same command again looks at it"));
            }
        }
    }

    /// Returns why the last operation on the stack failed, by its events; the first failure comes first.
    pub(super) async fn reasons(&self, id: &str) -> Result<Vec<String>, CloudError> {
        let failures = events::last_request(self.session, id).await?.failures.into_iter();
        Ok(failures.take(REASONS).map(|(what, reason)| format!("{what}: {reason}")).collect())
    }

    /// Returns the stack's template; null if it is not JSON.
    pub(super) async fn template(&self, id: &str) -> Result<Value, CloudError> {
        let client = self.session.cloudformation().await?;
        let send = || client.get_template().stack_name(id).send();
        let answer = self.session.call(Call::cloudformation("GetTemplate"), send).await;
        let answer = answer.map_err(|problem| self.explain(&problem, &format!("read the template of {WHAT}")))?;
        Ok(serde_json::from_str(answer.template_body.as_deref().unwrap_or_default()).unwrap_or(Value::Null))
    }

    /// Returns the resources of the stack.
    pub(super) async fn resources(&self, id: &str) -> Result<Vec<ObservedResource>, CloudError> {
        let client = self.session.cloudformation().await?;
        let send = || client.describe_stack_resources().stack_name(id).send();
        let answer = self.session.call(Call::cloudformation("DescribeStackResources"), send).await;
        let answer = answer.map_err(|problem| self.explain(&problem, &format!("list what belongs to {WHAT}")))?;
        let resources = answer.stack_resources.unwrap_or_default().into_iter().map(|resource| ObservedResource {
            logical: resource.logical_resource_id.unwrap_or_default(),
            physical: resource.physical_resource_id.filter(|id| !id.is_empty()),
            status: resource.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: resource.resource_status_reason,
        });
        Ok(resources.collect())
    }

    /// Returns the names of existing annexes, by their stacks, including those being deleted.
    pub(super) async fn annexes(&self) -> Result<Vec<String>, CloudError> {
        let client = self.session.cloudformation().await?;
        let there = StackStatus::values().iter().map(|status| StackStatus::from(*status)).filter(is_there);
        let request = client.list_stacks().set_stack_status_filter(Some(there.collect()));
        let stacks = all_pages!(self.session, Call::cloudformation("ListStacks"), request, stack_summaries)
            .map_err(|problem| self.explain(&problem, "list the annexes"))?;
        let there = stacks.into_iter().filter(|stack| stack.stack_status.as_ref().is_some_and(is_there));
        let mut found: Vec<String> = there
            .filter_map(|stack| Some(stack.stack_name?.strip_prefix(AnnexName::STACK_PREFIX)?.to_owned()))
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// # Errors
    /// Annexes depend on the set-up; the message names them. `what` completes "cannot".
    pub(super) async fn refuse_while_annexes_live(&self, what: &str) -> Result<(), CloudError> {
        let living = self.annexes().await?;
        if living.is_empty() {
            return Ok(());
        }
        let noun = if living.len() == 1 { "an annex lives" } else { "annexes live" };
        let message = format!("{WHAT} cannot {what} while {noun} by it: {}", living.join(", "));
        Err(refused(message).hint("hoist annex delete NAME ends an annex"))
    }

    fn explain(&self, problem: &CallError, doing: &str) -> CloudError {
        problem.explain(&self.session.scene(), doing)
    }
}

/// Returns [`TAG`] in CloudFormation's type.
fn tag() -> Tag {
    Tag::builder().key(TAG.0).value(TAG.1).build()
}

/// Returns a token that distinguishes a repeated call from a new one. Random each time: the stack's name is unique for
/// all callers.
fn token() -> Result<String, CloudError> {
    random_hex(16)
        .map(|random| format!("hoist-{random}"))
        .map_err(|error| CloudError::new(CloudErrorKind::Rejected, format!("cannot make a random number: {error}")))
}

/// Refuses a stack of this name that has another purpose.
pub(super) fn refuse_what_is_not_ours(seen: &ObservedStack) -> Result<(), CloudError> {
    if seen.is_ours {
        return Ok(());
    }
    let message =
        format!("there is a stack {STACK} already that is no set-up for annexes ({}), and is left alone", seen.id);
    Err(refused(message)
        .hint("annexes need one of this name: whoever made it may give it another, or use another region"))
}

/// Returns an error of kind `Rejected`.
pub(super) fn refused(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
