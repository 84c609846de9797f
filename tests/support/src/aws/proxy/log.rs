//! What was asked, what it was answered, and what happened to it on the way.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::faults::Effect;
use super::parameters::Parameters;

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// As the signature names it: `ec2`, `sts`, `cloudformation` …
    pub service: String,
    pub region: String,
    /// `DescribeInstances`; for services without the query protocol the method and the path.
    pub action: String,
    pub parameters: Parameters,
    /// Time in the cloud when it came.
    pub at: Duration,
    /// `None` when the connection was cut without an answer.
    pub status: Option<u16>,
    /// The error's code.
    pub error: Option<String>,
    /// What was done to it.
    pub effect: Option<Effect>,
    /// Whether it took effect, or would have if it had been right.
    pub carried_out: bool,
}

/// All calls in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Log {
    calls: Mutex<Vec<Call>>,
    /// What moto answered with a server error, or not at all: a gap in moto, or in the proxy.
    broken: Mutex<Vec<String>>,
}

impl Log {
    /// Enters a call, and tells its place and how many of its action came before.
    pub(super) fn enter(&self, call: Call) -> (usize, usize) {
        let mut calls = self.calls.lock().unwrap();
        let before = calls.iter().filter(|other| other.action == call.action).count();
        calls.push(call);
        (calls.len() - 1, before)
    }

    pub(super) fn change(&self, place: usize, change: impl FnOnce(&mut Call)) {
        change(&mut self.calls.lock().unwrap()[place]);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(super) fn count(&self, action: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.action == action).count()
    }

    /// How many calls were answered with each error code.
    pub(super) fn error_counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls.lock().unwrap().iter() {
            if let Some(code) = &call.error {
                *counts.entry(code.clone()).or_default() += 1;
            }
        }
        counts
    }

    pub(super) fn note_break(&self, what: String) {
        self.broken.lock().unwrap().push(what);
    }

    pub(super) fn broken(&self) -> Vec<String> {
        self.broken.lock().unwrap().clone()
    }
}
