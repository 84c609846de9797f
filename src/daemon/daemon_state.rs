use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::metrics::Metrics;
use super::notice::Notice;
use super::page::Page;
use super::vitals::Vitals;

/// What the tasks of a daemon have in common.
pub(super) struct DaemonState {
    metrics: Mutex<Metrics>,
    vitals: Mutex<Vitals>,
    tell: Arc<dyn Fn(&Notice) + Send + Sync>,
}

impl DaemonState {
    pub(super) fn new(tell: Arc<dyn Fn(&Notice) + Send + Sync>) -> Self {
        Self { metrics: Mutex::default(), vitals: Mutex::default(), tell }
    }

    pub(super) fn metrics(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn vitals(&self) -> MutexGuard<'_, Vitals> {
        self.vitals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, notice: &Notice) {
        (self.tell)(notice);
    }

    /// Returns the page of a path.
    pub(super) fn page(&self, path: &str) -> Option<Page> {
        match path {
            "/metrics" => {
                Some(Page { status: "200 OK", content_type: Metrics::CONTENT_TYPE, body: self.metrics().text() })
            }
            "/healthz" => Some(match self.vitals().complaints().as_slice() {
                [] => Page::text("200 OK", "every fleet is served\n"),
                complaints => Page::text("503 Service Unavailable", complaints.join("\n") + "\n"),
            }),
            _ => None,
        }
    }
}
