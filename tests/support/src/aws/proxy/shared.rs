//! What all regions of a proxy share: the account in moto, the faults, the clock, the log and the machines.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::error::AwsError;
use super::faults::Faults;
use super::log::{Call, Log};
use super::parameters::Parameters;
use super::quotas::Quotas;
use super::stacks::Stacks;
use super::workers::Workers;
use super::xml::Element;
use crate::aws::{Answer, MotoAccount};
use crate::clock::Clock;
pub use crate::effect::Moment;

/// The common ground of a proxy's regions.
pub(super) struct Shared {
    pub account: MotoAccount,
    pub faults: Mutex<Faults>,
    pub clock: Clock,
    pub log: Log,
    pub workers: Option<Workers>,
    pub watcher: Mutex<Option<Watcher>>,
    /// What `resolve:ssm:NAME` stands for, by name.
    pub images: Mutex<BTreeMap<String, String>>,
    /// The names of placement groups, and the states of capacity reservations by id, which moto does not have.
    pub placement_groups: Mutex<Vec<String>>,
    pub reservations: Mutex<BTreeMap<String, String>>,
    /// Whether every call is asked who makes it and whether he may.
    pub enforced: AtomicBool,
    /// What is scripted to happen to stacks, and what did.
    pub stacks: Mutex<Stacks>,
    /// What Service Quotas says.
    pub quotas: Mutex<Quotas>,
    next: AtomicU64,
}

/// Is told of each call twice, on a thread of its own; the call waits for it.
pub(super) type Watcher = Arc<dyn Fn(&Call, Moment) + Send + Sync>;

impl Shared {
    pub(super) fn new(account: MotoAccount, faults: Faults, workers: Option<Workers>) -> Self {
        let clock = Clock::new(faults.clock_speed);
        let log = Log::default();
        Self {
            account,
            faults: Mutex::new(faults),
            clock,
            log,
            workers,
            watcher: Mutex::new(None),
            images: Mutex::default(),
            placement_groups: Mutex::default(),
            reservations: Mutex::default(),
            enforced: AtomicBool::new(false),
            stacks: Mutex::default(),
            quotas: Mutex::default(),
            next: AtomicU64::new(1),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }

    pub(super) fn faults(&self) -> Faults {
        self.faults.lock().unwrap().clone()
    }

    /// A number that this proxy has not used yet.
    pub(super) fn next_number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A request's id, as the answers carry them.
    pub(super) fn request_id(&self) -> String {
        format!("7a5a0000-0000-4000-8000-{:012x}", self.next_number())
    }

    /// Sends moto a request as it came. A server error of moto's is noted: it is a gap that a test must not run into.
    pub(super) fn send(&self, method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
        let what = || format!("{method} {target} {}", String::from_utf8_lossy(body));
        match self.account.exchange(method, target, headers, body) {
            Ok(answer) if answer.status < 500 => answer,
            Ok(answer) => {
                let trace = answer.text();
                self.log.note_break(format!("{}: {} {}", what(), answer.status, trace.trim()));
                answer
            }
            Err(error) => {
                self.log.note_break(format!("{}: {error}", what()));
                Answer { status: 500, ..Answer::default() }
            }
        }
    }

    /// A call in the query protocol, straight to moto.
    pub(super) fn query(&self, service: &str, region: &str, parameters: &Parameters) -> Result<Answer, AwsError> {
        let scope = format!("AKIATEST/20260101/{region}/{service}/aws4_request");
        let headers = [
            ("host", format!("{service}.{region}.amazonaws.com")),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
            ("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        let answer = self.send("POST", "/", &headers, parameters.form().as_bytes());
        if answer.status >= 500 {
            return Err(AwsError::new("InternalError", "moto failed; its log says why"));
        }
        AwsError::from_answer(&answer).map_or(Ok(answer), Err)
    }

    /// A call of EC2's, straight to moto, and its answer as XML.
    pub(super) fn ask(&self, region: &str, parameters: &Parameters) -> Result<Element, AwsError> {
        let answer = self.query("ec2", region, parameters)?;
        Element::parse(&answer.text()).map_err(|error| {
            self.log.note_break(format!("{parameters:?}: {error}"));
            AwsError::new("InternalError", error)
        })
    }
}
