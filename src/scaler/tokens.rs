use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::fleet_scaler::Scaler;
use super::kind_spec::KindSpec;
use super::launch_request::wants_token;
use crate::batch::{SourceError, WorkSource};

/// Least life of a token with which workers join their pool: that of a session between HTCondor's daemons, after which
/// they prove who they are again.
const LEAST: Duration = Duration::from_secs(24 * 3600);

/// The tokens of a step's launches: one for all.
pub(super) struct Tokens {
    source: Option<Arc<dyn WorkSource>>,
    lifetime: Duration,
    known: Option<Option<SecretString>>,
}

impl Tokens {
    pub(super) fn new(scaler: &Scaler) -> Self {
        let (workers, lease) = (&scaler.file.workers, &scaler.file.lease);
        let lifetime = workers.deploy_time.saturating_add(lease.length).saturating_add(lease.grace);
        let fixed = scaler.leases.lifetime().unwrap_or_default();
        let lifetime = lifetime.max(fixed.saturating_add(workers.deploy_time)).max(LEAST);
        Self { source: scaler.source.clone(), lifetime, known: None }
    }

    /// Returns the token for machines of a kind; none if its user data has no place for one, or the source has no
    /// tokens.
    pub(super) async fn of(&mut self, spec: &KindSpec) -> Result<Option<SecretString>, SourceError> {
        let Some(source) = self.source.as_ref().filter(|_| wants_token(spec)) else { return Ok(None) };
        if let Some(known) = &self.known {
            return Ok(known.clone());
        }
        let token = source.worker_token(self.lifetime).await?;
        self.known = Some(token.clone());
        Ok(token)
    }
}
