//! Operations: what a call set going, and how far it is.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// One operation. It runs until its time comes, and then is done, well or not.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// As it is shown while it runs.
    pub value: Value,
    pub scope: String,
    pub began: Duration,
    pub ends: Duration,
    /// The fields that it has beside when it is done.
    pub outcome: Map<String, Value>,
    /// When it ends, in Google's notation.
    pub end_time: String,
}

impl Operation {
    pub(super) fn is_done(&self, now: Duration) -> bool {
        now >= self.ends
    }

    /// As a client sees it now; in the answer of the call that began it, it always runs.
    pub(super) fn view(&self, now: Duration, at_begin: bool) -> Value {
        let mut view = self.value.clone();
        if at_begin || !self.is_done(now) {
            let whole = self.ends.saturating_sub(self.began).as_secs_f64();
            let passed = now.saturating_sub(self.began).as_secs_f64();
            let part = if whole > 0.0 { (passed / whole * 100.0).clamp(0.0, 99.0) } else { 0.0 };
            view["status"] = json!("RUNNING");
            #[expect(clippy::cast_possible_truncation, reason = "it is 99 at most")]
            let progress = part as i32;
            view["progress"] = json!(progress);
            return view;
        }
        view["status"] = json!("DONE");
        view["progress"] = json!(100);
        view["endTime"] = json!(self.end_time);
        for (name, value) in &self.outcome {
            view[name] = value.clone();
        }
        view
    }
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationError {
    /// `ZONE_RESOURCE_POOL_EXHAUSTED`, `QUOTA_EXCEEDED` …
    pub code: String,
    pub message: String,
    /// `errorDetails`, where there are any.
    pub details: Option<Value>,
    /// What the operation names as its HTTP status.
    pub status: (u16, String),
}

impl OperationError {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        let status = match code {
            "QUOTA_EXCEEDED" => (403, "FORBIDDEN"),
            "RESOURCE_ALREADY_EXISTS" => (409, "CONFLICT"),
            "INTERNAL_ERROR" => (500, "INTERNAL SERVER ERROR"),
            _ => (503, "SERVICE UNAVAILABLE"),
        };
        let status = (status.0, status.1.to_owned());
        Self { code: code.to_owned(), message: message.into(), details: None, status }
    }

    fn value(&self) -> Value {
        let mut value = json!({"code": self.code, "message": self.message});
        if let Some(details) = &self.details {
            value["errorDetails"] = details.clone();
        }
        value
    }
}

/// The fields of an operation that failed with these errors, the first of which gives its status.
pub(super) fn failed(errors: &[OperationError]) -> Map<String, Value> {
    let mut outcome = Map::new();
    let Some(first) = errors.first() else { return outcome };
    let listed: Vec<Value> = errors.iter().map(OperationError::value).collect();
    outcome.insert("error".to_owned(), json!({"errors": listed}));
    outcome.insert("httpErrorStatusCode".to_owned(), json!(first.status.0));
    outcome.insert("httpErrorMessage".to_owned(), json!(first.status.1));
    outcome
}
