//! Makes API calls: waits for the request limits, retries where that is safe, and reports each attempt.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use tokio::time::{Instant, sleep};

use super::call::{Call, Idempotency};
use super::call_error::{CallError, CallFailure, ConnectFailure, request_id_of};
use super::call_timing::CallTiming;
use super::error_class_of::{ErrorClass, class_of};
use super::rate_limiter::Limiter;
use crate::provider::{ApiCall, CallObserver};
use crate::retry::Pauses;

/// State shared by all calls to one account and region.
pub(super) struct ApiCaller {
    timing: CallTiming,
    limiter: Limiter,
    observer: Option<CallObserver>,
    has_answered: AtomicBool,
}

impl ApiCaller {
    /// Creates a caller that waits for `limiter`, retries as `timing` says, and reports each attempt to `observer`.
    pub(super) fn new(timing: CallTiming, limiter: Limiter, observer: Option<CallObserver>) -> Self {
        Self { timing, limiter, observer, has_answered: AtomicBool::new(false) }
    }

    /// Replaces the retry timing.
    pub(super) fn with_timing(self, timing: CallTiming) -> Self {
        Self { timing, ..self }
    }

    /// Replaces the limiter.
    pub(super) fn with_limiter(self, limiter: Limiter) -> Self {
        Self { limiter, ..self }
    }

    /// Sets the observer of calls.
    pub(super) fn with_observer(self, observer: CallObserver) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Returns a caller with the same timing and observer for another region, with a limiter of its own.
    pub(super) fn in_region(&self, limiter: Limiter) -> Self {
        Self::new(self.timing, limiter, self.observer.clone())
    }

    /// Returns the retry timing of calls.
    pub(super) fn timing(&self) -> CallTiming {
        self.timing
    }

    /// Returns whether the endpoint ever answered, even with an error: then its address is right.
    pub(super) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    /// Makes a call through the limiter, and retries it after transient failures.
    pub(super) async fn call<T, E, F>(&self, call: Call, mut send: impl FnMut() -> F) -> Result<T, CallError>
    where
        T: RequestId,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        SdkError<E>: RequestId,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let timing = self.timing;
        let give_up = Instant::now() + timing.patience;
        let mut pauses = Pauses::growing(timing.pause_first, timing.pause_longest).full_jitter(call.operation);
        let mut in_doubt = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let asked = Instant::now();
            self.limiter.admit(call.group, call.resources).await;
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
                self.limiter.throttled(call.group);
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
            sleep(pauses.pause()).await;
        }
    }

    fn observe(&self, call: &ApiCall) {
        if let Some(observer) = &self.observer {
            observer(call);
        }
    }

    fn answered(&self) {
        self.has_answered.store(true, Ordering::Relaxed);
    }
}

/// Effect of a failed attempt, and whether another may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RetryDecision {
    /// No effect; another attempt would fail, too.
    Final,
    /// No effect; a later attempt may succeed.
    Undone,
    /// The call may have been carried out.
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
            // An endpoint that never answered more likely has a wrong address than an outage.
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
