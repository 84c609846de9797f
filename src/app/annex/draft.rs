//! An annex as requested, before the cloud was asked about it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::annex_lease::AnnexLease;
use super::central_manager::{CentralManager, is_public};
use crate::annex::{AnnexSpec, Dollars, PoolSoftware};
use crate::diagnostics::Diagnostic;
use crate::plan::CloudConfig;

/// Kind of address by which the pool reaches the instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressChoice {
    /// Public addresses.
    Public,
    /// Private addresses.
    Private,
    /// Public addresses if the central manager has a public one, private ones otherwise.
    LikeManager,
}

/// An annex as requested, with all errors found in the request.
pub(crate) struct AnnexDraft {
    /// Specification of the annex; incomplete where the request has errors.
    pub(crate) spec: AnnexSpec,
    /// Cloud of the annex.
    pub(crate) cloud: CloudConfig,
    /// Lease of the annex.
    pub(crate) lease: AnnexLease,
    /// Limit of the total cost.
    pub(crate) budget: Option<Dollars>,
    /// Central manager of the pool that the annex extends.
    pub(crate) central_manager: Option<CentralManager>,
    /// Addresses by which the pool reaches the instances.
    pub(crate) addresses: AddressChoice,
    /// Whether the pool reaches the instances through its collector, if that was said.
    pub(crate) ccb: Option<bool>,
    /// File of a token that the user gave.
    pub(crate) token_source: Option<PathBuf>,
    /// Whether the user gave the pool's name.
    pub(crate) is_pool_named: bool,
    /// Errors in the request.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Warnings for the user.
    pub(crate) warnings: Vec<String>,
    /// Assumed beginning of the annex.
    pub(crate) now: Timestamp,
}

impl AnnexDraft {
    /// Resolves the central manager, and derives from its address how the pool reaches the instances.
    pub(super) async fn resolve(&mut self) {
        let Some(manager) = &self.central_manager else { return };
        match manager.resolve().await {
            Ok(addresses) => {
                let is_public = match self.addresses {
                    AddressChoice::Public => true,
                    AddressChoice::Private => false,
                    AddressChoice::LikeManager => addresses.into_iter().any(is_public),
                };
                if let PoolSoftware::HTCondor(joining) = &mut self.spec.software {
                    joining.public_address = is_public;
                }
            }
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
    }

    /// Returns the specification for the checks of a cloud; a missing credential does not prevent them.
    pub(super) fn for_cloud(&self) -> Option<AnnexSpec> {
        let mut spec = self.spec.clone();
        if spec.joining().is_some_and(|joining| !joining.has_credential()) {
            spec.software = PoolSoftware::None;
        }
        (!spec.pools.is_empty() && spec.count > 0).then_some(spec)
    }
}
