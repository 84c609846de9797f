//! What was asked, what it was answered, and what happened to it on the way.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use crate::effect::Effect;

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// `compute.instances.insert`; the HTTP method and the path of what is no method.
    pub method: String,
    /// Those of the path and those of the query.
    pub parameters: BTreeMap<String, String>,
    /// Null without one.
    pub body: Value,
    /// Time in the cloud when it came.
    pub at: Duration,
    /// `None` when the connection was cut without an answer.
    pub status: Option<u16>,
    /// The reason in the error: `notFound`, `quotaExceeded` …
    pub reason: Option<String>,
    /// What was done to it.
    pub effect: Option<Effect>,
}

/// All calls in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Log {
    calls: Mutex<Vec<Call>>,
    /// Requests that Google's description of its interface does not allow, or that this server does not know.
    violations: Mutex<Vec<String>>,
    /// Faults of this server's own.
    broken: Mutex<Vec<String>>,
}

impl Log {
    /// Enters a call, and tells its place and how many of its method came before.
    pub(super) fn enter(&self, call: Call) -> (usize, usize) {
        let mut calls = self.calls.lock().unwrap();
        let before = calls.iter().filter(|other| other.method == call.method).count();
        calls.push(call);
        (calls.len() - 1, before)
    }

    pub(super) fn change(&self, place: usize, change: impl FnOnce(&mut Call)) {
        change(&mut self.calls.lock().unwrap()[place]);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(super) fn violation(&self, what: String) {
        self.violations.lock().unwrap().push(what);
    }

    pub(super) fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut *self.violations.lock().unwrap())
    }

    pub(super) fn note_break(&self, what: String) {
        self.broken.lock().unwrap().push(what);
    }

    pub(super) fn broken(&self) -> Vec<String> {
        self.broken.lock().unwrap().clone()
    }
}
