//! Request for the credential with which the instances of an annex join its pool.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::annex_secrets::AnnexSecrets;
use crate::annex::HTCondorJoin;
use crate::app::Interaction;
use crate::batch::htcondor::{TokenOrder, WORKER_RIGHTS};

/// How much longer than the lease a token is valid: clocks differ, and an administrator may take a while.
const MORE: Duration = Duration::from_secs(3600);

/// The names that pools admit as a machine, before `@` and the pool's domain: that of a standard configuration, and
/// that of pools made by hoist's templates.
const NAMES: [&str; 2] = ["condor", "worker"];

/// Request for a credential.
pub(super) struct CredentialRequest<'a> {
    /// User of the operation.
    pub(super) user: &'a dyn Interaction,
    /// Secrets of the annex.
    pub(super) secrets: &'a AnnexSecrets,
    /// How the instances join; the identity in it, if any, was given by the user.
    pub(super) joining: &'a HTCondorJoin,
    /// File of a token that the user gave.
    pub(super) token_source: Option<&'a Path>,
    /// End of the lease.
    pub(super) ends: Timestamp,
    /// Whether nothing may be asked of the pool's administrator.
    pub(super) dry_run: bool,
}

impl CredentialRequest<'_> {
    /// Returns the identities that may be let in, the likeliest first; the one that the user gave alone.
    pub(super) fn identities(&self, domain: &str) -> Vec<String> {
        match &self.joining.identity {
            Some(identity) => vec![identity.clone()],
            None => NAMES.iter().map(|name| format!("{name}@{domain}")).collect(),
        }
    }

    /// Returns the order for a token that outlasts the lease.
    pub(super) fn order(&self, identity: String) -> TokenOrder {
        let lease = Duration::try_from(self.ends.duration_since(Timestamp::now())).unwrap_or_default();
        TokenOrder { identity, lifetime: lease.saturating_add(MORE), rights: &WORKER_RIGHTS }
    }
}
