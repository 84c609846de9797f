//! Makes a call: waits for the request limits, makes it again while that is right, and tells of each attempt.

use std::error::Error;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use tokio::time::{Instant, sleep};

use super::call_error::{CallError, CallFailure, ConnectFailure, request_id_of};
use super::error_class_of::{ErrorClass, class_of};
use super::jitter;
use super::rate_limits::ApiClass;
use super::session::AwsSession;
use crate::provider::ApiCall;

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(in crate::cloud) struct Call {
    pub(in crate::cloud) service: &'static str,
    pub(in crate::cloud) operation: &'static str,
    pub(in crate::cloud) group: ApiClass,
    /// What it makes or removes.
    pub(in crate::cloud) resources: usize,
    pub(in crate::cloud) repeat: Idempotency,
}

/// When a call may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum Idempotency {
    /// Always: it changes nothing, or carries a token, or makes what is so anyway.
    Safe,
    /// Only when the service has certainly not carried it out: the caller finds out first.
    OnlyIfUndone,
}

impl Call {
    /// A call of EC2 that may always be made again.
    pub(in crate::cloud) const fn ec2(operation: &'static str, group: ApiClass) -> Self {
        Self { service: "ec2", operation, group, resources: 0, repeat: Idempotency::Safe }
    }

    /// A call of the store of objects, which may always be made again: it changes nothing, or makes what is so anyway.
    pub(in crate::cloud) const fn s3(operation: &'static str) -> Self {
        Self { service: "s3", operation, group: ApiClass::Storage, resources: 0, repeat: Idempotency::Safe }
    }

    /// A call about stacks that may always be made again: it changes nothing, or carries a token.
    pub(in crate::cloud) const fn cloudformation(operation: &'static str) -> Self {
        Self { service: "cloudformation", operation, group: ApiClass::Stacks, resources: 0, repeat: Idempotency::Safe }
    }

    /// A call about groups that keep their size, which may always be made again.
    pub(in crate::cloud) const fn autoscaling(operation: &'static str) -> Self {
        Self { service: "autoscaling", operation, group: ApiClass::Scaling, resources: 0, repeat: Idempotency::Safe }
    }

    /// A question of what the account may have.
    pub(in crate::cloud) const fn servicequotas(operation: &'static str) -> Self {
        Self { service: "servicequotas", operation, group: ApiClass::Quotas, resources: 0, repeat: Idempotency::Safe }
    }

    /// The same, for so many resources.
    pub(in crate::cloud) const fn resources(self, resources: usize) -> Self {
        Self { resources, ..self }
    }

    /// The same, to be made again only if it was certainly not carried out.
    pub(in crate::cloud) const fn once(self) -> Self {
        Self { repeat: Idempotency::OnlyIfUndone, ..self }
    }
}

impl AwsSession {
    /// Makes a call through the limiter, again where it failed for reasons that pass.
    pub(in crate::cloud) async fn call<T, E, F>(&self, call: Call, mut send: impl FnMut() -> F) -> Result<T, CallError>
    where
        T: RequestId,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        SdkError<E>: RequestId,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let timing = self.timing();
        let give_up = Instant::now() + timing.patience;
        let mut pause = timing.pause_first;
        let mut in_doubt = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let asked = Instant::now();
            self.limiter().admit(call.group, call.resources).await;
            let sent = Instant::now();
            let answer = send().await;
            let took = sent.elapsed();
            let tell = |outcome: String, request_id| {
                self.observe(&ApiCall {
                    service: call.service,
                    operation: call.operation,
                    attempt,
                    outcome,
                    took,
                    waited: sent - asked,
                    request_id,
                });
            };
            let error = match answer {
                Ok(output) => {
                    tell("ok".to_owned(), output.request_id().map(str::to_owned));
                    self.answered();
                    return Ok(output);
                }
                Err(error) => error,
            };
            let fault = CallFailure::of(&error);
            let request_id = request_id_of(&error);
            tell(fault.name(), request_id.clone());
            if matches!(fault, CallFailure::Refused { .. } | CallFailure::Status(_)) {
                self.answered();
            }
            if is_throttled(&fault) {
                self.limiter().throttled(call.group);
            }
            let fate = RetryDecision::of(&fault, self.has_answered());
            in_doubt |= fate == RetryDecision::Unknown;
            let may_repeat = match fate {
                RetryDecision::Final => false,
                RetryDecision::Undone => true,
                RetryDecision::Unknown => call.repeat == Idempotency::Safe,
            };
            if !may_repeat || Instant::now() >= give_up {
                let (service, operation) = (call.service, call.operation);
                return Err(CallError { service, operation, fault, request_id, in_doubt, attempts: attempt });
            }
            sleep(jitter::full(pause)).await;
            pause = (pause * 2).min(timing.pause_longest);
        }
    }
}

/// What an attempt that failed has done, and whether another may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RetryDecision {
    /// Nothing, and it would do nothing again.
    Final,
    /// Nothing; it may soon.
    Undone,
    /// Perhaps what it was to do.
    Unknown,
}

impl RetryDecision {
    fn of(fault: &CallFailure, has_answered: bool) -> Self {
        match fault {
            CallFailure::Refused { code, status, .. } => match class_of(code) {
                ErrorClass::Throttled => Self::Undone,
                ErrorClass::Busy => Self::Unknown,
                ErrorClass::Unknown if *status >= 500 => Self::Unknown,
                _ => Self::Final,
            },
            CallFailure::Status(429) => Self::Undone,
            CallFailure::Status(status) if *status >= 500 => Self::Unknown,
            CallFailure::TimedOut | CallFailure::Broken(_) | CallFailure::Garbled(_) => Self::Unknown,
            // An endpoint that never answered is more likely wrong than away.
            CallFailure::Unconnected(kind, _) if has_answered && *kind != ConnectFailure::Tls => Self::Undone,
            CallFailure::Status(_)
            | CallFailure::Unconnected(..)
            | CallFailure::Credentials(_)
            | CallFailure::Unmade(_) => Self::Final,
        }
    }
}

fn is_throttled(fault: &CallFailure) -> bool {
    match fault {
        CallFailure::Refused { code, .. } => class_of(code) == ErrorClass::Throttled,
        CallFailure::Status(status) => *status == 429,
        _ => false,
    }
}
