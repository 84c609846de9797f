//! Reads the events of the last request about a stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::StackEvent;

use crate::cloud::aws::api::{AwsSession, Call};
use crate::provider::CloudError;

/// Reason of the event that begins a user's request; CloudFormation's own operations have other reasons.
const ASKED: &str = "User Initiated";

/// Resource type of a stack's own events, as opposed to those of its resources.
const STACK: &str = "AWS::CloudFormation::Stack";

/// Word in the reasons of resources that CloudFormation gave up only because others failed.
const CANCELLED: &str = "cancelled";

/// The last request about a stack, and its failures.
#[derive(Clone, Debug, Default)]
pub(super) struct LastRequest {
    /// Token of the call.
    pub(super) token: Option<String>,
    /// `CREATE`, `UPDATE` or `DELETE`.
    pub(super) verb: String,
    /// Failures in chronological order: resource name and reason.
    pub(super) failures: Vec<(String, String)>,
    /// The resources of these names as AWS calls them, such as `AWS::S3::Bucket a-bucket`, where they exist: somebody
    /// may have added them to the stack.
    pub(super) resources: BTreeMap<String, String>,
}

/// Returns the last request about a stack, reading events back to its beginning.
pub(super) async fn last_request(session: &AwsSession, stack_id: &str) -> Result<LastRequest, CloudError> {
    let client = session.cloudformation().await?;
    let mut events: Vec<StackEvent> = Vec::new();
    let mut next = None;
    loop {
        let request = client.describe_stack_events().stack_name(stack_id).set_next_token(next);
        let answer = session.call(Call::cloudformation("DescribeStackEvents"), || request.clone().send()).await;
        let answer = answer.map_err(|problem| {
            problem.explain(&session.scene(), &format!("read what happened to the stack {stack_id}"))
        })?;
        // The newest come first.
        for event in answer.stack_events.unwrap_or_default() {
            let begins = begins(&event);
            events.push(event);
            if begins {
                return Ok(read(events));
            }
        }
        next = answer.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(read(events));
        }
    }
}

fn begins(event: &StackEvent) -> bool {
    let in_progress = status(event).ends_with("_IN_PROGRESS");
    event.resource_type.as_deref() == Some(STACK)
        && in_progress
        && event.resource_status_reason.as_deref() == Some(ASKED)
}

fn status(event: &StackEvent) -> &str {
    event.resource_status.as_ref().map(|status| status.as_str()).unwrap_or_default()
}

/// Reads the request from events ordered from the newest to the first.
fn read(events: Vec<StackEvent>) -> LastRequest {
    let first = events.last();
    let token = first.and_then(|event| event.client_request_token.clone());
    let verb = first.and_then(|event| status(event).split('_').next()).unwrap_or_default().to_owned();
    let failures = events.iter().rev().filter_map(failure).collect();
    let resources = events.iter().filter_map(resource).collect();
    LastRequest { token, verb, failures, resources }
}

fn failure(event: &StackEvent) -> Option<(String, String)> {
    let reason = event.resource_status_reason.clone().unwrap_or_default();
    // The stack's own event only lists the resources.
    let counts = status(event).ends_with("_FAILED")
        && event.resource_type.as_deref() != Some(STACK)
        && !reason.to_lowercase().contains(CANCELLED);
    counts.then(|| (event.logical_resource_id.clone().unwrap_or_default(), reason))
}

/// Returns the resource of an event: its name in the template, its type and its id.
fn resource(event: &StackEvent) -> Option<(String, String)> {
    let id = event.physical_resource_id.as_deref().filter(|id| !id.is_empty())?;
    Some((event.logical_resource_id.clone()?, format!("{} {id}", event.resource_type.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn event(kind: &str, name: &str, status: &str, reason: &str) -> StackEvent {
        let event = StackEvent::builder().event_id("e").stack_id("s").stack_name("n").resource_type(kind);
        let event = event.logical_resource_id(name).resource_status(ResourceStatus::from(status));
        event.resource_status_reason(reason).client_request_token("t").timestamp(0.into_time()).build()
    }

    trait IntoTime {
        fn into_time(self) -> aws_sdk_cloudformation::primitives::DateTime;
    }

    impl IntoTime for i64 {
        fn into_time(self) -> aws_sdk_cloudformation::primitives::DateTime {
            aws_sdk_cloudformation::primitives::DateTime::from_secs(self)
        }
    }

    #[test]
    fn what_failed_first_is_told_and_what_was_only_cancelled_is_not() {
        let events = vec![
            event(STACK, "n", "DELETE_COMPLETE", ""),
            event(STACK, "n", "DELETE_IN_PROGRESS", "The following resource(s) failed to create: [Group0]"),
            event("AWS::AutoScaling::AutoScalingGroup", "Group1", "CREATE_FAILED", "Resource creation cancelled"),
            event("AWS::AutoScaling::AutoScalingGroup", "Group0", "CREATE_FAILED", "no such image"),
            event(STACK, "n", "CREATE_IN_PROGRESS", ASKED),
        ];
        assert!(begins(&events[4]) && !begins(&events[1]));
        let last = read(events);
        assert_eq!(last.failures, [("Group0".to_owned(), "no such image".to_owned())]);
        assert_eq!((last.verb.as_str(), last.token.as_deref()), ("CREATE", Some("t")));
    }
}
