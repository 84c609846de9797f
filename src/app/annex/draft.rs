//! An annex as it is meant, before anybody was asked about it.

use jiff::Timestamp;

use super::annex_lease::AnnexLease;
use super::central_manager::{CentralManager, is_public};
use crate::annex::{AnnexSpec, Dollars, PoolSoftware};
use crate::diagnostics::Diagnostic;
use crate::plan::CloudConfig;

/// By which addresses the pool reaches the instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressChoice {
    /// By their public ones.
    Public,
    /// By their private ones.
    Private,
    /// By public ones where the central manager's is public.
    LikeManager,
}

/// An annex as it is meant, with everything that is wrong with what was said of it.
pub(crate) struct AnnexDraft {
    /// What the annex is to be; as far as possible where something is wrong.
    pub(crate) spec: AnnexSpec,
    /// Where it is to be.
    pub(crate) cloud: CloudConfig,
    /// How long it is to live.
    pub(crate) lease: AnnexLease,
    /// What the annex may cost in all.
    pub(crate) budget: Option<Dollars>,
    /// Whose pool it extends.
    pub(crate) central_manager: Option<CentralManager>,
    /// How that pool reaches the instances.
    pub(crate) addresses: AddressChoice,
    /// What is wrong.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What to tell beside.
    pub(crate) warnings: Vec<String>,
    /// When the annex would begin.
    pub(crate) now: Timestamp,
}

impl AnnexDraft {
    /// Finds the central manager, and by its address how the pool reaches the instances.
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

    /// The annex for the questions that a cloud can answer although something is wrong that does not concern it.
    pub(super) fn for_cloud(&self) -> Option<AnnexSpec> {
        let mut spec = self.spec.clone();
        let lacks_password = spec.joining().is_some_and(|joining| joining.password_file.is_none());
        if lacks_password {
            spec.software = PoolSoftware::None;
        }
        (!spec.pools.is_empty() && spec.count > 0).then_some(spec)
    }
}
