//! What a project offers: zones, machine types, images, subnets, quotas. Each list is asked for once.

use std::collections::{BTreeMap, BTreeSet};

use super::image_ref::ImageRef;
use crate::cloud::gce::call_error::{CallError, CallFault};
use crate::cloud::gce::session::GceSession;
use crate::provider::CloudError;

/// The most items that a page of a list has.
const PAGE: u32 = 500;

/// Lists of one project.
pub(super) struct Catalog<'a> {
    pub(super) session: &'a GceSession,
    machine_types: BTreeMap<String, BTreeMap<String, u32>>,
}

/// The limit and the usage of each metric of a region.
pub(super) type RegionQuotas = BTreeMap<String, (f64, f64)>;

impl<'a> Catalog<'a> {
    /// Creates a catalog of this session's project. Requests nothing yet.
    pub(super) fn new(session: &'a GceSession) -> Self {
        Self { session, machine_types: BTreeMap::new() }
    }

    /// Returns the names of all zones.
    pub(super) async fn zones(&self) -> Result<BTreeSet<String>, CloudError> {
        let (client, project) = (self.session.zones().await?, self.session.project().await?);
        let call = client.list().set_project(project).set_max_results(PAGE);
        let listed = self.session.call("zones.list", || call.clone().send()).await;
        let listed = listed.map_err(|error| error.explain(project, &format!("list the zones of project {project}")))?;
        Ok(listed.items.into_iter().filter_map(|zone| zone.name).collect())
    }

    /// Returns the machine types of a zone, each with its number of processors.
    pub(super) async fn machine_types(&mut self, zone: &str) -> Result<&BTreeMap<String, u32>, CloudError> {
        if !self.machine_types.contains_key(zone) {
            let listed = self.list_machine_types(zone).await?;
            self.machine_types.insert(zone.to_owned(), listed);
        }
        Ok(&self.machine_types[zone])
    }

    async fn list_machine_types(&self, zone: &str) -> Result<BTreeMap<String, u32>, CloudError> {
        let (client, project) = (self.session.machine_types().await?, self.session.project().await?);
        let (mut found, mut next) = (BTreeMap::new(), None::<String>);
        loop {
            let call = client
                .list()
                .set_project(project)
                .set_zone(zone)
                .set_max_results(PAGE)
                .set_or_clear_page_token(next.take());
            let listed = self.session.call("machineTypes.list", || call.clone().send()).await;
            let listed =
                listed.map_err(|error| error.explain(project, &format!("list the machine types of {zone}")))?;
            let named = |kind: google_cloud_compute_v1::model::MachineType| {
                Some((kind.name?, u32::try_from(kind.guest_cpus.unwrap_or_default()).unwrap_or_default()))
            };
            found.extend(listed.items.into_iter().filter_map(named));
            next = listed.next_page_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns whether an image exists.
    pub(super) async fn has_image(&self, image: &ImageRef) -> Result<bool, CloudError> {
        let (client, own) = (self.session.images().await?, self.session.project().await?);
        let project = image.project.as_deref().unwrap_or(own);
        let answer = if image.is_family {
            let call = client.get_from_family().set_project(project).set_family(&image.name);
            self.session.call("images.getFromFamily", || call.clone().send()).await
        } else {
            let call = client.get().set_project(project).set_image(&image.name);
            self.session.call("images.get", || call.clone().send()).await
        };
        exists(answer.map(drop)).map_err(|error| error.explain(own, &format!("look at the image {}", image.name)))
    }

    /// Returns the names, or the families, of the images of the project in which `image` is looked for.
    pub(super) async fn image_names(&self, image: &ImageRef) -> Result<BTreeSet<String>, CloudError> {
        let (client, own) = (self.session.images().await?, self.session.project().await?);
        let project = image.project.as_deref().unwrap_or(own);
        let call = client.list().set_project(project).set_max_results(PAGE);
        let listed = self.session.call("images.list", || call.clone().send()).await;
        let listed = listed.map_err(|error| error.explain(own, &format!("list the images of {project}")))?;
        let name =
            |found: google_cloud_compute_v1::model::Image| if image.is_family { found.family } else { found.name };
        Ok(listed.items.into_iter().filter_map(name).collect())
    }

    /// Returns whether a subnet exists in a region.
    pub(super) async fn has_subnet(&self, region: &str, subnet: &str) -> Result<bool, CloudError> {
        let (client, project) = (self.session.subnetworks().await?, self.session.project().await?);
        let call = client.get().set_project(project).set_region(region).set_subnetwork(subnet);
        let answer = self.session.call("subnetworks.get", || call.clone().send()).await;
        exists(answer.map(drop)).map_err(|error| error.explain(project, &format!("look at the subnet {subnet}")))
    }

    /// Returns the quotas of a region.
    pub(super) async fn quotas(&self, region: &str) -> Result<RegionQuotas, CloudError> {
        let (client, project) = (self.session.regions().await?, self.session.project().await?);
        let call = client.get().set_project(project).set_region(region);
        let shown = self.session.call("regions.get", || call.clone().send()).await;
        let shown = shown.map_err(|error| error.explain(project, &format!("look at the quotas of {region}")))?;
        let quota = |quota: google_cloud_compute_v1::model::Quota| {
            let metric = quota.metric?.name()?.to_owned();
            Some((metric, (quota.limit?, quota.usage.unwrap_or_default())))
        };
        Ok(shown.quotas.into_iter().filter_map(quota).collect())
    }
}

fn exists(answer: Result<(), CallError>) -> Result<bool, CallError> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if error.fault == CallFault::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
