//! AWS's errors, as EC2 writes them.

use serde_json::{Value, json};

use super::xml::Element;
use crate::aws::Answer;

/// An error that a call is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl AwsError {
    /// With the HTTP status that EC2 gives with this code ("Error codes for the Amazon EC2 API").
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: status_of(code), code: code.to_owned(), message: message.into() }
    }

    /// The error in an answer of EC2, if it is one.
    pub fn from_answer(answer: &Answer) -> Option<Self> {
        if answer.status < 400 {
            return None;
        }
        if let Ok(told) = serde_json::from_str::<Value>(&answer.text()) {
            let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
            return Some(Self { status: answer.status, code: text("__type"), message: text("message") });
        }
        let root = Element::parse(&answer.text()).unwrap_or_default();
        let error = root.at("Errors/Error").or_else(|| root.child("Error")).unwrap_or(&root);
        let code = Some(error.get("Code")).filter(|code| !code.is_empty()).unwrap_or("no code");
        Some(Self { status: answer.status, code: code.to_owned(), message: error.get("Message").to_owned() })
    }

    /// As an answer of the service: EC2 has a form of its own, the other query services share another.
    pub fn answer(&self, service: &str, request: &str) -> Answer {
        if service == "servicequotas" {
            return json_answer(self.status, &json!({"__type": self.code, "message": self.message}));
        }
        let error =
            Element::new("Error").with(Element::leaf("Code", &self.code)).with(Element::leaf("Message", &self.message));
        let body = if service == "ec2" {
            let errors = Element::new("Errors").with(error);
            Element::new("Response").with(errors).with(Element::leaf("RequestID", request)).document()
        } else if service == "s3" {
            error.with(Element::leaf("RequestId", request)).document()
        } else {
            Element::new("ErrorResponse").with(error).with(Element::leaf("RequestId", request)).document()
        };
        xml_answer(self.status, body)
    }
}

/// An answer of a service that speaks JSON.
pub(super) fn json_answer(status: u16, body: &Value) -> Answer {
    let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.1".to_owned())];
    Answer { status, headers, body: body.to_string().into_bytes() }
}

/// An answer in XML.
pub(super) fn xml_answer(status: u16, body: String) -> Answer {
    let headers = vec![("content-type".to_owned(), "text/xml;charset=UTF-8".to_owned())];
    Answer { status, headers, body: body.into_bytes() }
}

fn status_of(code: &str) -> u16 {
    match code {
        "AuthFailure" | "OptInRequired" => 401,
        "UnauthorizedOperation" | "InvalidClientTokenId" | "SignatureDoesNotMatch" => 403,
        "DryRunOperation" => 412,
        // A lack of capacity counts as a fault of the server, so that plain clients try again at once, in vain.
        "InsufficientInstanceCapacity"
        | "InsufficientCapacity"
        | "InsufficientHostCapacity"
        | "InternalError"
        | "InternalFailure" => 500,
        "RequestLimitExceeded" | "ServiceUnavailable" | "Unavailable" => 503,
        _ => 400,
    }
}
