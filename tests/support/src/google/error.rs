//! Google's errors, as the Compute API writes them.

use serde_json::{Map, Value, json};

use super::NUMBER;
use crate::effect::Effect;
use crate::http::Answer;

/// An error that a call is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleError {
    pub status: u16,
    /// `notFound`, `quotaExceeded` …
    pub reason: String,
    pub message: String,
    /// The call asked for what this server does not know to do: a gap of the server's, which no test must run into.
    pub(super) unknown_here: bool,
}

impl GoogleError {
    pub fn new(status: u16, reason: &str, message: impl Into<String>) -> Self {
        Self { status, reason: reason.to_owned(), message: message.into(), unknown_here: false }
    }

    /// What the server cannot do as Google does.
    pub(super) fn unknown_here(message: impl Into<String>) -> Self {
        Self { unknown_here: true, ..Self::new(400, "invalid", message) }
    }

    /// `field` is `resource.name`.
    pub(super) fn invalid(field: &str, value: &str, why: &str) -> Self {
        Self::new(400, "invalid", format!("Invalid value for field '{field}': '{value}'. {why}"))
    }

    /// `path` is `projects/P/zones/Z/instances/I`.
    pub(super) fn not_found(path: &str) -> Self {
        Self::new(404, "notFound", format!("The resource '{path}' was not found"))
    }

    pub(super) fn already_exists(path: &str) -> Self {
        Self::new(409, "alreadyExists", format!("The resource '{path}' already exists"))
    }

    pub(super) fn not_ready(path: &str) -> Self {
        Self::new(400, "resourceNotReady", format!("The resource '{path}' is not ready"))
    }

    pub(super) fn forbidden(permission: &str, path: &str) -> Self {
        Self::new(403, "forbidden", format!("Required '{permission}' permission for '{path}'"))
    }

    pub(super) fn unauthorized() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
                       other valid authentication credential. See \
                       https://developers.google.com/identity/sign-in/web/devconsole-project.";
        Self::new(401, "authError", message)
    }

    pub(super) fn not_enabled() -> Self {
        let message = format!(
            "Compute Engine API has not been used in project {NUMBER} before or it is disabled. Enable it by visiting \
             https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project={NUMBER} then \
             retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems \
             and retry."
        );
        Self::new(403, "accessNotConfigured", message)
    }

    /// Both statuses are seen: 403 for limits of the Compute API, 429 for those in front of it.
    pub fn rate_limited(status: u16) -> Self {
        let message = format!(
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service \
             'compute.googleapis.com' for consumer 'project_number:{NUMBER}'."
        );
        Self::new(status, "rateLimitExceeded", message)
    }

    pub fn backend() -> Self {
        Self::new(503, "backendError", "Internal error. Please try again or contact Google Support.")
    }

    /// What a fault does to a call that is to be answered with this.
    pub fn effect(self) -> Effect {
        Effect::Error { status: self.status, code: self.reason, message: self.message }
    }

    /// What a fault does to a call that takes effect all the same.
    pub fn effect_afterwards(self) -> Effect {
        Effect::ErrorAfterwards { status: self.status, code: self.reason, message: self.message }
    }

    pub(super) fn answer(&self) -> Answer {
        let limits = ["quotaExceeded", "rateLimitExceeded", "accessNotConfigured"];
        let domain = if limits.contains(&self.reason.as_str()) { "usageLimits" } else { "global" };
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(self.status));
        error.insert("message".to_owned(), json!(self.message));
        error.insert("errors".to_owned(), json!([{"message": self.message, "domain": domain, "reason": self.reason}]));
        // What Google's front answers has a status; what comes from the Compute API itself mostly has none.
        let front = match (self.status, self.reason.as_str()) {
            (401, _) => Some(("UNAUTHENTICATED", "ACCESS_TOKEN_INVALID")),
            (403, "accessNotConfigured") => Some(("PERMISSION_DENIED", "SERVICE_DISABLED")),
            (_, "rateLimitExceeded") => Some(("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED")),
            _ => None,
        };
        if let Some((status, reason)) = front {
            error.insert("status".to_owned(), json!(status));
            let metadata = json!({"service": "compute.googleapis.com", "consumer": format!("projects/{NUMBER}")});
            let kind = "type.googleapis.com/google.rpc.ErrorInfo";
            let info = json!({"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": metadata});
            error.insert("details".to_owned(), json!([info]));
        }
        if self.reason == "badRequest" {
            error.insert("status".to_owned(), json!("INVALID_ARGUMENT"));
        }
        json_answer(self.status, &json!({"error": Value::Object(error)}))
    }
}

pub(super) fn json_answer(status: u16, body: &Value) -> Answer {
    let headers = vec![("content-type".to_owned(), "application/json; charset=UTF-8".to_owned())];
    Answer { status, headers, body: body.to_string().into_bytes() }
}
