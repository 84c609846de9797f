//! Cleans up on a host that stays after a service is gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::failure::{Failure, Stage};
use super::host_retry::{RetryPolicy, WaitReporter, retry_unreachable};
use crate::provider::{Host, HostError};

/// The leftovers of a service on a host that stays.
pub(super) struct HostCleanup {
    /// The host to clean up.
    pub(super) host: Arc<dyn Host>,
    /// The service's stage directory, which may be outside hoist's own directory on the host.
    pub(super) stage: PathBuf,
    /// How long the host is retried.
    pub(super) patience: RetryPolicy,
    /// A hint for a host that never answers again.
    pub(super) way_out: Option<String>,
}

impl HostCleanup {
    /// Has `teller` report waits for the host.
    #[must_use]
    pub(super) fn telling(self, teller: WaitReporter) -> Self {
        Self { patience: self.patience.clone().telling(teller), ..self }
    }

    /// Removes the service's directory from the host, ends its processes there, and removes the rest of it.
    pub(super) async fn carry_out(self) -> Result<(), Failure> {
        let HostCleanup { host, stage, patience, way_out } = self;
        match retry_unreachable(&patience, Duration::ZERO, || host.leave(&stage)).await {
            Ok(()) | Err(HostError::Gone(_)) => Ok(()),
            Err(error) => {
                let reason = format!("could not clean up after it: {error}");
                let hints: Vec<String> = error.into_complaint().hint.into_iter().chain(way_out).collect();
                Err(Failure::new(Stage::Terminate, reason).hint((!hints.is_empty()).then(|| hints.join("; "))))
            }
        }
    }
}

/// Returns the hint that tells how to give up the host of a service.
pub(super) fn way_out(run: &str, service: &str) -> String {
    format!("`hoist plan terminate {run} --abandon {service}` gives up the files on a host that is gone for good")
}
