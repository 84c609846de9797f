//! What becomes of a request: it is judged by the faults, carried out, and noted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::error::AwsError;
use super::faults::Effect;
use super::limits::reads;
use super::log::Call;
use super::parameters::Parameters;
use super::region::Region;
use super::shared::{Moment, Shared};
use crate::http::{Answer, Asked, Reply, Service};

/// All that a proxy is, behind its address.
pub(super) struct Cloud {
    pub shared: Arc<Shared>,
    pub regions: Mutex<BTreeMap<String, Arc<Region>>>,
}

impl Service for Cloud {
    fn reply(&self, asked: &Asked) -> Reply {
        let call = self.call(asked);
        let (service, request) = (call.service.clone(), self.shared.request_id());
        let faults = self.shared.faults();
        let (place, before) = self.shared.log.enter(call.clone());
        let mut effect = faults.effect_on(&call.action, before);
        if effect.is_none() && faults.limits && service == "ec2" {
            let region = self.region(&call.region);
            let taken = region.limits.lock().unwrap().take(&call.action, &call.parameters, call.at);
            effect = taken.is_err().then(Effect::throttled);
        }
        if faults.closed_region == Some(call.region.as_str()) && service == "ec2" {
            let why =
                "You are not authorized to perform this operation, with an explicit deny in a service control policy.";
            effect = Some(Effect::error("UnauthorizedOperation", why));
        }
        self.shared.log.change(place, |call| call.effect.clone_from(&effect));
        self.watch(&call, Moment::Come);
        let early = match &effect {
            Some(Effect::Error { status, code, message }) => {
                Some(error(*status, code, message).answer(&service, &request))
            }
            Some(Effect::Page(status)) => Some(page(*status)),
            Some(Effect::LostBefore) => return Reply::Cut,
            _ => None,
        };
        if let Some(answer) = early {
            self.note(place, &answer);
            return Reply::Answer(answer);
        }
        self.shared.log.change(place, |call| call.carried_out = true);
        let answer = self.carried_out(asked, &call, &request);
        self.watch(&call, Moment::Done);
        let reply = match effect {
            Some(Effect::LostAfter) => return Reply::Cut,
            Some(Effect::CutShort) => return Reply::Half(answer),
            Some(Effect::ErrorAfterwards { status, code, message }) => {
                Reply::Answer(error(status, &code, &message).answer(&service, &request))
            }
            Some(Effect::Slow(time)) => Reply::Late(answer, time),
            _ => Reply::Answer(answer),
        };
        if let Reply::Answer(answer) | Reply::Late(answer, _) = &reply {
            self.note(place, answer);
        }
        reply
    }

    fn broke(&self, why: String) {
        self.shared.log.note_break(format!("the proxy: {why}"));
    }

    fn clock_ahead(&self) -> i64 {
        self.shared.faults().clock_ahead
    }
}

impl Cloud {
    pub(super) fn region(&self, name: &str) -> Arc<Region> {
        let mut regions = self.regions.lock().unwrap();
        let region = regions.entry(name.to_owned());
        Arc::clone(region.or_insert_with(|| Arc::new(Region::new(name, Arc::clone(&self.shared)))))
    }

    fn carried_out(&self, asked: &Asked, call: &Call, request: &str) -> Answer {
        if let Some(refusal) = self.shared.refusal(&asked.method, &asked.target, asked.header("authorization"), call) {
            return refusal.answer(&call.service, request);
        }
        if call.service == "ec2" {
            let done = self.region(&call.region).perform(&call.action, &call.parameters);
            return done.unwrap_or_else(|error| error.answer("ec2", request));
        }
        let forward = || self.shared.send(&asked.method, &asked.target, &asked.headers, &asked.body);
        let answer = match call.service.as_str() {
            "cloudformation" => self.shared.stack_call(call, request, &forward),
            "servicequotas" => self.shared.quota_call(call, request),
            _ => forward(),
        };
        // A look at a stack brings it on.
        if !reads(&call.action) || call.service == "cloudformation" {
            // Other services make and end instances, too.
            self.region(&call.region).inventory.lock().unwrap().stale = super::inventory::Stale::Everything;
        }
        answer
    }

    fn watch(&self, call: &Call, moment: Moment) {
        let watcher = self.shared.watcher.lock().unwrap().clone();
        if let Some(watcher) = watcher {
            watcher(call, moment);
        }
    }

    fn note(&self, place: usize, answer: &Answer) {
        let error = AwsError::from_answer(answer);
        self.shared.log.change(place, |call| {
            call.status = Some(answer.status);
            call.error = error.map(|error| error.code);
        });
    }

    fn call(&self, asked: &Asked) -> Call {
        let query = asked.target.split_once('?').map_or("", |(_, query)| query);
        let form = asked.header("content-type").starts_with("application/x-www-form-urlencoded");
        let mut parameters = Parameters::parse(query.as_bytes());
        if form {
            parameters.0.extend(Parameters::parse(&asked.body).0);
        }
        if asked.header("content-type").starts_with("application/x-amz-json") {
            parameters.0.extend(Parameters::of_json(&asked.body).0);
        }
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let scope = asked.header("authorization").split_once("Credential=").map_or("", |(_, scope)| scope);
        // What is signed in its address says so there.
        let signed = parameters.get("X-Amz-Credential").unwrap_or_default().to_owned();
        let scope = if scope.is_empty() { signed.as_str() } else { scope };
        let scope: Vec<&str> = scope.split(',').next().unwrap_or_default().split('/').collect();
        let part = |index: usize, default: &str| scope.get(index).copied().unwrap_or(default).to_owned();
        let target = asked.header("x-amz-target").rsplit('.').next().unwrap_or_default();
        let path = format!("{} {}", asked.method, asked.target.split('?').next().unwrap_or_default());
        let named = parameters.get("Action").or(Some(target).filter(|name| !name.is_empty()));
        let operation = (part(3, "ec2") == "s3").then(|| storage_operation(&asked.method, &parameters));
        let named = operation.or(named);
        Call {
            service: part(3, "ec2"),
            region: part(2, "us-east-1"),
            action: named.map_or(path, str::to_owned),
            parameters,
            at: self.shared.now(),
            status: None,
            error: None,
            effect: None,
            carried_out: false,
        }
    }
}

/// What a request asks of the store of objects (Amazon S3 API reference), as far as it is used here.
fn storage_operation(method: &str, parameters: &Parameters) -> &'static str {
    match method {
        "PUT" => "PutObject",
        "DELETE" => "DeleteObject",
        "HEAD" => "HeadObject",
        "GET" if parameters.get("list-type") == Some("2") => "ListObjectsV2",
        "GET" => "GetObject",
        _ => "another operation",
    }
}

fn error(status: u16, code: &str, message: &str) -> AwsError {
    AwsError { status, code: code.to_owned(), message: message.to_owned() }
}

/// What a load balancer answers when nothing is behind it.
fn page(status: u16) -> Answer {
    let body = "<html><head><title>Service Unavailable</title></head><body><h1>Http/1.1 Service Unavailable</h1></body></html>";
    let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
    Answer { status, headers, body: body.as_bytes().to_vec() }
}
