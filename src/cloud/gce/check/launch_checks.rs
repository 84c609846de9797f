//! Finds the faults of launches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalog::Catalog;
use super::findings::Findings;
use super::image_ref::ImageRef;
use super::quota_check::{QuotaNeeds, metric};
use crate::cloud::gce::guest_data::GuestData;
use crate::cloud::gce::launch::zone_of;
use crate::cloud::gce::launch_body::image_path;
use crate::cloud::gce::session::GceSession;
use crate::cloud::gce::settings::region_of;
use crate::cloud::gce::unsupported;
use crate::diagnostics::did_you_mean;
use crate::provider::{CloudError, LaunchRequest, Offer};

/// The most names that a hint lists.
const LISTED: usize = 12;

/// Finds the faults of launches in a project.
pub(in crate::cloud::gce) struct LaunchChecks {
    session: Arc<GceSession>,
    guest: GuestData,
}

impl LaunchChecks {
    /// Creates checks through this session. Requests nothing yet.
    pub(in crate::cloud::gce) fn new(session: Arc<GceSession>, guest: GuestData) -> Self {
        Self { session, guest }
    }

    /// Returns the faults of these launches. Launches nothing.
    ///
    /// # Errors
    /// The project cannot be asked: credentials, permissions, or the API.
    pub(in crate::cloud::gce) async fn find(&self, requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        let mut findings = Findings::default();
        for request in requests {
            for fault in unsupported::faults(request) {
                findings.add_error(request, fault);
            }
            if let Err(error) = self.guest.make(self.session.settings(), request) {
                findings.add_error(request, error);
            }
        }
        let mut catalog = Catalog::new(&self.session);
        let zones = catalog.zones().await?;
        self.images(&catalog, requests, &mut findings).await?;
        let mut quotas = BTreeMap::new();
        let mut needs = QuotaNeeds::default();
        let mut subnets = BTreeMap::new();
        for request in requests {
            let mut pools = BTreeSet::new();
            for offer in &request.offers {
                let zone = match zone_of(self.session.settings(), offer) {
                    Ok(zone) => zone,
                    Err(error) => {
                        findings.add_error(request, error);
                        continue;
                    }
                };
                if !zones.contains(&zone) {
                    findings.add(request, format!("there is no zone {zone}"), nearest(&zone, &zones));
                    continue;
                }
                let region = region_of(&zone).to_owned();
                if let Some(name) = offer.subnet.as_deref().filter(|subnet| !subnet.contains('/')) {
                    let key = (region.clone(), name.to_owned());
                    if !subnets.contains_key(&key) {
                        let there = catalog.has_subnet(&region, name).await?;
                        subnets.insert(key.clone(), there);
                    }
                    if !subnets[&key] {
                        let hint = "gcloud compute networks subnets list";
                        findings.add(request, format!("there is no subnet {name} in {region}"), hint);
                    }
                }
                if let Some(processors) = machine_type(&mut catalog, request, offer, &zone, &mut findings).await? {
                    let kind = offer.instance_type.as_deref().unwrap_or_default();
                    pools.insert((region, metric(kind, offer.spot), processors));
                }
            }
            // With several, one may have what another lacks.
            let [(region, metric, processors)] = pools.iter().collect::<Vec<_>>()[..] else { continue };
            if !quotas.contains_key(region) {
                let told = catalog.quotas(region).await?;
                quotas.insert(region.clone(), told);
            }
            let wanted = processors.saturating_mul(u32::try_from(request.slots.len()).unwrap_or(u32::MAX));
            if let Some(error) = needs.add(region, metric, wanted, &quotas[region]) {
                findings.add_error(request, error);
            }
        }
        Ok(findings.into_errors())
    }

    async fn images(
        &self,
        catalog: &Catalog<'_>,
        requests: &[LaunchRequest],
        findings: &mut Findings,
    ) -> Result<(), CloudError> {
        let mut hints: BTreeMap<ImageRef, Option<String>> = BTreeMap::new();
        for request in requests {
            let given = request.machine.image.as_deref().unwrap_or_default();
            let Some(image) = ImageRef::read(&image_path(given)) else {
                let hint = "PROJECT/FAMILY is the newest image of a family, such as debian-cloud/debian-13";
                findings.add(request, format!("\"{given}\" is no image of Compute Engine"), hint);
                continue;
            };
            if !hints.contains_key(&image) {
                let hint = match catalog.has_image(&image).await? {
                    true => None,
                    false => Some(nearest(&image.name, &catalog.image_names(&image).await?)),
                };
                hints.insert(image.clone(), hint);
            }
            if let Some(hint) = &hints[&image] {
                let what = if image.is_family { "family of images" } else { "image" };
                let place = image.project.as_deref().unwrap_or("the plan's cloud");
                findings.add(request, format!("there is no {what} {} in project {place}", image.name), hint.clone());
            }
        }
        Ok(())
    }
}

/// Returns the number of processors of an offer's machine type, if it is there.
async fn machine_type(
    catalog: &mut Catalog<'_>,
    request: &LaunchRequest,
    offer: &Offer,
    zone: &str,
    findings: &mut Findings,
) -> Result<Option<u32>, CloudError> {
    let Some(kind) = offer.instance_type.as_deref() else {
        findings.add(request, "no machine type is named", "instance_type = \"e2-small\"");
        return Ok(None);
    };
    let known = catalog.machine_types(zone).await?;
    if let Some(processors) = known.get(kind) {
        return Ok(Some(*processors));
    }
    // Google makes these to measure: `n2-custom-4-8192`.
    if kind.contains("custom-") {
        return Ok(None);
    }
    let hint = nearest(kind, &known.keys().cloned().collect());
    findings.add(request, format!("there is no machine type {kind} in {zone}"), hint);
    Ok(None)
}

/// Returns the name that may be meant, or some of those that there are.
fn nearest(word: &str, known: &BTreeSet<String>) -> String {
    did_you_mean(word, known.iter().map(String::as_str)).unwrap_or_else(|| {
        let shown: Vec<&str> = known.iter().take(LISTED).map(String::as_str).collect();
        let more = if known.len() > LISTED { ", …" } else { "" };
        format!("there are {}{more}", shown.join(", "))
    })
}
