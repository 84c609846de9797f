use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::super::aws_access::AwsAccess;
use super::super::net::{Address, HttpAnswer, HttpClient, json as read_json};
use super::super::part_reading::read_demand;
use super::super::source_access::SourceAccess;
use super::super::work_source::{SourceError, WorkReading, WorkSource};
use super::sqs_call::sqs_call;
use crate::elastic::engine::{Seconds, Wants};

/// A queue of Amazon SQS. Messages that can be received wait; those in flight are being worked on, and those that are
/// delayed do not wait yet. The numbers are approximate, as SQS keeps them.
pub(in crate::batch) struct SqsSource {
    /// Name of the queue, or its URL.
    queue: String,
    endpoint: Option<Address>,
    aws: Arc<dyn AwsAccess>,
    access: SourceAccess,
    /// The queue's URL, once it is known.
    url: Mutex<Option<String>>,
}

#[derive(Deserialize)]
struct QueueUrl {
    #[serde(rename = "QueueUrl")]
    url: String,
}

#[derive(Deserialize)]
struct QueueAttributes {
    #[serde(rename = "Attributes")]
    attributes: ReadyMessages,
}

#[derive(Deserialize)]
struct ReadyMessages {
    #[serde(rename = "ApproximateNumberOfMessages")]
    ready: String,
}

impl SqsSource {
    /// `endpoint` is the address of the API, if it is not the region's own.
    pub(in crate::batch) fn new(
        queue: String,
        endpoint: Option<Address>,
        aws: Arc<dyn AwsAccess>,
        access: &SourceAccess,
    ) -> Result<Self, SourceError> {
        let is_url = queue.starts_with("https://") || queue.starts_with("http://");
        let endpoint = match endpoint {
            None if is_url => Some(Address::parse(&queue)?),
            endpoint => endpoint,
        };
        let url = Mutex::new(is_url.then(|| queue.clone()));
        Ok(Self { queue, endpoint, aws, access: access.clone(), url })
    }

    fn error(&self, reason: impl std::fmt::Display, hint: Option<&str>) -> SourceError {
        SourceError { message: format!("cannot read {}: {reason}", self.label()), hint: hint.map(str::to_owned) }
    }

    async fn call<T: DeserializeOwned>(&self, region: &str, operation: &str, input: Json) -> Result<T, SourceError> {
        let server = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => Address::parse(&endpoint_of(region))?,
        };
        let keys = self.aws.keys().await?;
        let request = sqs_call(&server, region, &keys, operation, &input).map_err(|error| self.error(error, None))?;
        let client = HttpClient::new(server, self.access.trust.clone(), self.access.limits);
        let answer = client.send(&request).await.map_err(|error| client.failure(&self.label(), &error))?;
        if answer.is_success() {
            return read_json(&self.label(), client.server(), &answer.body);
        }
        Err(self.refused(&answer, region))
    }

    fn refused(&self, answer: &HttpAnswer, region: &str) -> SourceError {
        // Servers spell the message in one way, in the other, or in both.
        let refusal: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |name: &str| refusal.get(name).and_then(Json::as_str);
        let Some(kind) = text("__type") else {
            let reason = format!("SQS answers with HTTP status {}: {}", answer.status, answer.shown());
            return self.error(reason, None);
        };
        let code = kind.rsplit('#').next().unwrap_or_default();
        let message = text("message").or_else(|| text("Message")).unwrap_or("without a word");
        let hint = if code.contains("NonExistentQueue") || code.contains("QueueDoesNotExist") {
            Some(format!(
                "check the queue's name and the region, {region}; a queue of another account is named by its URL"
            ))
        } else if code.contains("AccessDenied") {
            Some("allow sqs:GetQueueUrl and sqs:GetQueueAttributes on the queue".to_owned())
        } else if code.contains("Signature") || code.contains("Expired") {
            Some("check the credentials and this machine's clock".to_owned())
        } else if code.contains("Token") || code.contains("ClientId") || code.contains("AccessKeyId") {
            Some("check the credentials".to_owned())
        } else {
            None
        };
        self.error(format!("SQS refuses: {code}: {message}"), hint.as_deref())
    }

    fn known_url(&self) -> Option<String> {
        self.url.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn waiting(&self) -> Result<u64, SourceError> {
        let region = self.aws.region().await?;
        let url = match self.known_url() {
            Some(url) => url,
            None => {
                let found: QueueUrl = self.call(&region, "GetQueueUrl", json!({ "QueueName": self.queue })).await?;
                *self.url.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.url.clone());
                found.url
            }
        };
        let input = json!({ "QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"] });
        let found: QueueAttributes = self.call(&region, "GetQueueAttributes", input).await?;
        let ready = found.attributes.ready;
        ready.parse().map_err(|_| self.error(format!("\"{}\" is no number of messages", ready.escape_debug()), None))
    }
}

/// Returns the address of a region's API (AWS General Reference, "Amazon SQS endpoints").
fn endpoint_of(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://sqs.{region}.amazonaws.com{suffix}")
}

#[async_trait]
impl WorkSource for SqsSource {
    fn label(&self) -> String {
        format!("the SQS queue {}", self.queue)
    }

    async fn read(&self, wants: Wants, _now: Seconds) -> WorkReading {
        read_demand(wants, self.waiting()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_their_endpoints() {
        assert_eq!(endpoint_of("eu-central-1"), "https://sqs.eu-central-1.amazonaws.com");
        assert_eq!(endpoint_of("cn-north-1"), "https://sqs.cn-north-1.amazonaws.com.cn");
    }
}
