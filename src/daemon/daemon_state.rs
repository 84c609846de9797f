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
            "/healthz" => {
                let vitals = self.vitals();
                let remarks = vitals.remarks();
                let page = |status, lines: &[String]| Page::text(status, lines.join("\n") + "\n");
                Some(match vitals.complaints() {
                    // A daemon that is started again would find the same sources silent.
                    none if none.is_empty() => {
                        page("200 OK", &[vec!["every fleet is served".to_owned()], remarks].concat())
                    }
                    complaints => page("503 Service Unavailable", &[complaints, remarks].concat()),
                })
            }
            _ => None,
        }
    }
}
