use async_trait::async_trait;
use serde_json::Value as Json;

use super::field::number_at;
use super::first_seen::FirstSeen;
use super::net::{Address, HttpClient, HttpRequest, Login};
use super::part_reading::failed_reading;
use super::source_access::SourceAccess;
use super::work_report::{REPORT_HINT, WorkReport};
use super::work_source::{SourceError, WorkReading, WorkSource};
use crate::elastic::engine::{Seconds, Wants};
use crate::elastic::fleet::FleetQueue;

/// An HTTP server that answers with the number of waiting jobs: as a plain number, at a field of JSON, or in a report
/// of work.
pub(super) struct HttpSource {
    client: HttpClient,
    target: String,
    field: Option<String>,
    login: Login,
    seen: FirstSeen,
}

impl HttpSource {
    pub(super) fn new(queue: &FleetQueue, address: Address, access: &SourceAccess) -> Result<Self, SourceError> {
        let target = address.target();
        Ok(Self {
            client: HttpClient::new(address, access.trust.clone(), access.limits),
            target,
            field: queue.field.clone(),
            login: Login::of(queue)?,
            seen: FirstSeen::default(),
        })
    }

    async fn report(&self) -> Result<WorkReport, SourceError> {
        let label = self.label();
        let authorization = self.login.authorization()?;
        let answer = self.client.send(&HttpRequest::get(self.target.as_str(), authorization.as_ref())).await;
        let answer = answer.map_err(|error| self.client.failure("the number of waiting jobs", &error))?;
        let body = answer.success(&label, self.client.server(), &self.login, "check the path in \"url\"")?;
        let refused = |reason: String, hint: String| SourceError {
            message: format!("cannot read {label}: the answer tells no number of jobs: {reason}"),
            hint: Some(hint),
        };
        let Some(field) = &self.field else {
            let text = String::from_utf8(body).map_err(|_| refused("it is no text".into(), REPORT_HINT.into()))?;
            let hint = || format!("{REPORT_HINT}; field = \"NAME.NAME\" in [queue] names a number in other JSON");
            return WorkReport::parse(&text).map_err(|error| refused(error.to_string(), hint()));
        };
        let value: Result<Json, _> = serde_json::from_slice(&body);
        let value = value.map_err(|error| refused(format!("it is no JSON: {error}"), "check \"url\"".to_owned()))?;
        let number = number_at(&value, field);
        let number = number.map_err(|error| SourceError {
            message: format!("{label}: the server answered, but {error}"),
            hint: Some("check \"field\" in [queue]".to_owned()),
        })?;
        Ok(WorkReport::of_number(number))
    }
}

#[async_trait]
impl WorkSource for HttpSource {
    fn label(&self) -> String {
        format!("the number of waiting jobs at {}", self.client.server())
    }

    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading {
        match self.report().await {
            Ok(report) => report.into_reading(wants, &self.seen, now),
            Err(error) => failed_reading(wants, &error),
        }
    }
}
