//! Launches: bulks of one offer after the other, until all instances are there or no offer is left.

use jiff::Timestamp;

use super::bulk::{Bulk, BulkInserter, BulkOrder};
use super::describe::Describer;
use super::guest_data::GuestData;
use super::names::{instance_id, instance_name, slot_of};
use super::operation_failure::OperationFailure;
use super::options::GceTiming;
use super::settings::GceSettings;
use super::unsupported;
use crate::provider::{
    CapacityError, CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest, Launched, Offer,
};

/// How often instances are asked for that fail for no reason of the offer's.
const ROUNDS: u32 = 5;

/// Launches instances of a project.
pub(super) struct Launcher {
    pub(super) settings: GceSettings,
    pub(super) inserter: BulkInserter,
    pub(super) describer: Describer,
    pub(super) guest: GuestData,
    pub(super) timing: GceTiming,
}

/// A launch under way.
struct Launch<'a> {
    request: &'a LaunchRequest,
    metadata: Vec<(String, String)>,
    found: Vec<Instance>,
    refusals: Vec<CapacityError>,
    quota: Option<OperationFailure>,
}

impl Launcher {
    /// Launches the requested instances; those of an earlier call with the same token are found by their label.
    ///
    /// # Errors
    /// Nothing was launched; or it is not known what was, and the call must be repeated.
    pub(super) async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        let found = match request.repeated {
            true => self.describer.launched_with(&request.token).await?,
            false => Vec::new(),
        };
        if !found.is_empty() && missing(request, &found).is_empty() {
            return Ok(found.into());
        }
        if let Some(fault) = unsupported::faults(request).into_iter().next() {
            return Err(fault);
        }
        let metadata = self.guest.make(&self.settings, request)?;
        let mut launch = Launch { request, metadata, found, refusals: Vec::new(), quota: None };
        for offer in &request.offers {
            match self.try_offer(&mut launch, offer).await {
                Ok(()) => {}
                // It may have been carried out.
                Err(error) if error.kind == CloudErrorKind::Transient => return Err(error),
                Err(error) if launch.found.is_empty() => return Err(error),
                // What was launched counts, whatever is wrong with a later offer.
                Err(error) => launch.refuse(offer, error.message),
            }
        }
        let Launch { found, refusals, quota, .. } = launch;
        match quota.filter(|_| found.is_empty()) {
            Some(quota) => Err(CloudError::new(CloudErrorKind::Quota, format!("cannot launch: {}", quota.message))
                .hint("have the quota raised, or name a machine type or region that has another")),
            None => Ok(Launched { instances: found, refusals }),
        }
    }

    /// Asks one offer for what is missing.
    async fn try_offer(&self, launch: &mut Launch<'_>, offer: &Offer) -> Result<(), CloudError> {
        let zone = zone_of(&self.settings, offer)?;
        for round in 0..ROUNDS {
            let names = missing(launch.request, &launch.found);
            if names.is_empty() {
                return Ok(());
            }
            let order = BulkOrder {
                request: launch.request,
                offer,
                zone: &zone,
                names: &names,
                round,
                metadata: &launch.metadata,
            };
            let Bulk { made, failures } = self.inserter.insert(&order).await?;
            launch.found.extend(made.iter().map(|name| just_launched(launch.request, offer, &zone, name)));
            if failures.iter().any(OperationFailure::is_conflict) {
                launch.found = self.listed(&launch.request.token, launch.request.slots.len()).await?;
            }
            if let Some(refusal) = failures.iter().find(|failure| failure.is_refusal()) {
                launch.refuse(offer, refusal.message.clone());
                launch.quota = failures.iter().find(|failure| failure.is_quota()).cloned().or(launch.quota.take());
                return Ok(());
            }
            let other = failures.iter().find(|failure| !failure.is_conflict() && !failure.is_summary());
            if let Some(other) = other.filter(|_| round + 1 == ROUNDS) {
                launch.refuse(offer, format!("{} ({})", other.message, other.code));
            }
        }
        Ok(())
    }

    /// Waits until as many instances of a launch are shown as there should be, for no longer than lists may lag.
    async fn listed(&self, token: &str, expected: usize) -> Result<Vec<Instance>, CloudError> {
        let mut window = self.timing.until_visible();
        loop {
            let found = self.describer.launched_with(token).await?;
            if found.len() >= expected || !window.pause().await {
                return Ok(found);
            }
        }
    }
}

impl Launch<'_> {
    fn refuse(&mut self, offer: &Offer, reason: String) {
        self.refusals.push(CapacityError { offer: offer.clone(), reason });
    }
}

/// Returns the zone of an offer.
///
/// # Errors
/// Nothing tells it.
pub(super) fn zone_of(settings: &GceSettings, offer: &Offer) -> Result<String, CloudError> {
    offer.zone.clone().or_else(|| settings.zone.clone()).ok_or_else(|| {
        CloudError::new(CloudErrorKind::Rejected, "it is not known in which zone of Google Cloud to launch")
            .hint("set `zone` of the service or of the plan's cloud, or CLOUDSDK_COMPUTE_ZONE")
    })
}

/// Returns the names of the instances that are not there.
fn missing(request: &LaunchRequest, found: &[Instance]) -> Vec<String> {
    let is_missing = |slot: &usize| !found.iter().any(|instance| instance.launch_index == *slot);
    (0..request.slots.len()).filter(is_missing).map(|slot| instance_name(request, slot)).collect()
}

/// Returns an instance that was made just now; its address is not known yet.
fn just_launched(request: &LaunchRequest, offer: &Offer, zone: &str, name: &str) -> Instance {
    Instance {
        id: instance_id(name, zone),
        state: InstanceState::Pending,
        address: None,
        private_address: None,
        launch_index: slot_of(name),
        tags: request.tags.clone(),
        launched_at: Timestamp::now(),
        reason: None,
        offer: Some(Offer { zone: Some(zone.to_owned()), ..offer.clone() }),
    }
}
