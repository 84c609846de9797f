//! Cleans up on a host that stays after a service is gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::failure::{Failure, Stage};
use super::retry::{RetryPolicy, WaitReporter, retry_unreachable};
use crate::provider::{Host, HostError};

/// What a service leaves on a host that stays.
pub(super) struct HostCleanup {
    /// The host that this is removed from.
    pub(super) host: Arc<dyn Host>,
    /// Its stage directory, which may be outside of what the host calls hoist's own.
    pub(super) stage: PathBuf,
    /// How long the host is asked.
    pub(super) patience: RetryPolicy,
    /// What a person can do where the host never answers again.
    pub(super) way_out: Option<String>,
}

impl HostCleanup {
    /// The same; the teller tells where its host is waited for.
    #[must_use]
    pub(super) fn telling(self, teller: WaitReporter) -> Self {
        Self { patience: self.patience.clone().telling(teller), ..self }
    }

    /// Removes a service's directory from a host, ends what runs there on its behalf, and removes what is left of it.
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

/// How to give up the host of a service.
pub(super) fn way_out(run: &str, service: &str) -> String {
    format!("`hoist plan terminate {run} --abandon {service}` gives up what lies on a host that is gone for good")
}
