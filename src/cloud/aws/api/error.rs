//! Turns a failed call into an error that a person can act on.

use super::call_error::{CallError, CallFailure, ConnectFailure};
use super::error_class::{ErrorText, request_id, word};
use super::error_class_of::class_of;
use super::error_context::ErrorContext;
use super::region;
use crate::provider::{CloudError, CloudErrorKind};

impl CallError {
    /// Returns the error for a person: the failed action, the reason, and a hint. `doing` completes "cannot …".
    pub(in crate::cloud) fn explain(&self, scene: &ErrorContext, doing: &str) -> CloudError {
        let ErrorText { kind, what, hint } = self.word(scene);
        // Despite this refusal, an earlier attempt may have been carried out.
        let kind = if kind.is_refusal() && self.in_doubt { CloudErrorKind::Transient } else { kind };
        let tries = if self.attempts > 1 { format!("; tried {} times", self.attempts) } else { String::new() };
        CloudError { kind, message: format!("cannot {doing}: {what}{tries}"), hint }
    }

    /// Returns only the reason of the failure.
    pub(in crate::cloud) fn reason(&self, scene: &ErrorContext) -> String {
        self.word(scene).what
    }

    fn word(&self, scene: &ErrorContext) -> ErrorText {
        let who = scene.who();
        let transient =
            |what: String, hint: &str| ErrorText { kind: CloudErrorKind::Transient, what, hint: Some(hint.to_owned()) };
        match &self.fault {
            CallFailure::Refused { code, .. } => word(class_of(code), self, scene),
            CallFailure::Status(status @ (401 | 403)) => ErrorText {
                kind: CloudErrorKind::Denied,
                what: format!("{who} answers with HTTP status {status} and no reason{}", request_id(self)),
                hint: Some("check the credentials, and whether a proxy stands in between".to_owned()),
            },
            CallFailure::Status(status) if *status < 500 => ErrorText {
                kind: CloudErrorKind::Rejected,
                what: format!("{who} answers with HTTP status {status} and no reason{}", request_id(self)),
                hint: Some("check the endpoint's address: something else than EC2 may answer there".to_owned()),
            },
            CallFailure::Status(status) => transient(
                format!("{who} answers with HTTP status {status}{}", request_id(self)),
                "see https://health.aws.amazon.com, and try again later",
            ),
            CallFailure::Garbled(reason) => transient(
                format!("{who} answers with something that is no answer of it ({reason})"),
                "check the endpoint's address, and whether a proxy stands in between",
            ),
            CallFailure::TimedOut => {
                transient(format!("{who} did not answer in time"), "check the network, and try again")
            }
            CallFailure::Broken(reason) => {
                transient(format!("the connection to {who} broke ({reason})"), "check the network, and try again")
            }
            CallFailure::Unconnected(kind, reason) => unconnected(*kind, reason, scene),
            CallFailure::Credentials(reason) => ErrorText {
                kind: CloudErrorKind::Denied,
                what: reason.clone(),
                hint: Some(format!("renew them: {}; `hoist doctor` shows what is found", scene.login())),
            },
            CallFailure::Unmade(reason) => ErrorText {
                kind: CloudErrorKind::Rejected,
                what: format!("the request could not be made ({reason})"),
                hint: None,
            },
        }
    }
}

fn unconnected(kind: ConnectFailure, reason: &str, scene: &ErrorContext) -> ErrorText {
    let at = scene.endpoint.clone().unwrap_or_else(|| format!("AWS in {}", scene.region));
    let address_hint = "check the endpoint's address and the network (HTTPS_PROXY and NO_PROXY are honoured)";
    let (what, hint) = match (kind, &scene.endpoint) {
        (ConnectFailure::Name, None) => (
            format!("there is no address for AWS in region {}", scene.region),
            match region::nearest(&scene.region) {
                Some(near) => format!("is the region right? Did you mean {near}? Else check the network"),
                None => "check the region's name and the network".to_owned(),
            },
        ),
        (ConnectFailure::Name, Some(_)) => (format!("the name in {at} has no address"), address_hint.to_owned()),
        (ConnectFailure::Refused, _) => (format!("nothing listens at {at}"), address_hint.to_owned()),
        (ConnectFailure::Silent, _) => (format!("{at} does not answer"), address_hint.to_owned()),
        (ConnectFailure::Tls, _) => (
            format!("{at} cannot be talked to securely ({reason})"),
            "is it https that is spoken there? A private authority belongs into this machine's trusted certificates"
                .to_owned(),
        ),
        (ConnectFailure::Other, _) => (format!("no connection to {at} ({reason})"), address_hint.to_owned()),
    };
    // An endpoint that answered before will probably answer again; one that never did is probably misnamed.
    let kind = if scene.has_answered && kind != ConnectFailure::Tls {
        CloudErrorKind::Transient
    } else {
        CloudErrorKind::Rejected
    };
    ErrorText { kind, what, hint: Some(hint) }
}

#[cfg(test)]
mod tests;
