//! Describes instances: one list of all zones, page by page, however many there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use google_cloud_compute_v1::model;
use google_cloud_compute_v1::model::instances_scoped_list::warning::Code;

use super::names::{instance_id, last, parts_of};
use super::session::GceSession;
use super::{instance, labels};
use crate::provider::{CloudError, CloudErrorKind, Instance, Selector, TAG_INTENT, TAG_RUN};

/// The most instances on a page (`maxResults` of `instances.aggregatedList`).
const PAGE: u32 = 500;

/// Describes the instances of a project.
#[derive(Clone, Debug)]
pub(super) struct Describer {
    session: Arc<GceSession>,
}

/// The instances that zones showed, and the zones that did not answer.
struct Listed {
    instances: Vec<model::Instance>,
    unreachable: BTreeSet<String>,
}

impl Describer {
    /// Creates a describer through this session. Requests nothing yet.
    pub(super) fn new(session: Arc<GceSession>) -> Self {
        Self { session }
    }

    /// Returns the instances that match `selector`.
    ///
    /// # Errors
    /// A call failed; or a zone did not answer in which such instances may be: that they are missing proves nothing.
    pub(super) async fn select(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        match selector {
            Selector::Run(run) => self.all_of(labels::filter(TAG_RUN, run)).await,
            Selector::ManagedByHoist => self.all_of(labels::filter_all()).await,
            Selector::Ids(ids) => self.by_ids(ids).await,
        }
    }

    /// Returns the instances of one launch, by its label.
    pub(super) async fn launched_with(&self, token: &str) -> Result<Vec<Instance>, CloudError> {
        self.all_of(labels::filter(TAG_INTENT, token)).await
    }

    async fn all_of(&self, filter: String) -> Result<Vec<Instance>, CloudError> {
        let listed = self.list(&filter).await?;
        answered(&listed.unreachable)?;
        Ok(listed.instances.into_iter().filter_map(instance::read).collect())
    }

    async fn by_ids(&self, ids: &[String]) -> Result<Vec<Instance>, CloudError> {
        let shown = self.shown(&ids.iter().map(String::as_str).collect()).await?;
        Ok(shown.into_iter().filter_map(instance::read).collect())
    }

    /// Returns the instances of these ids as Google shows them. Those that hoist did not label are left out.
    ///
    /// # Errors
    /// As [`Describer::select`].
    pub(super) async fn shown(&self, ids: &BTreeSet<&str>) -> Result<Vec<model::Instance>, CloudError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut listed = self.list(&labels::filter_all()).await?;
        let zones: BTreeSet<&str> = ids.iter().filter_map(|id| Some(parts_of(id)?.1)).collect();
        listed.unreachable.retain(|zone| zones.contains(zone.as_str()));
        answered(&listed.unreachable)?;
        let is_wanted = |shown: &model::Instance| {
            let parts = shown.name.as_deref().zip(shown.zone.as_deref());
            parts.is_some_and(|(name, zone)| ids.contains(instance_id(name, last(zone)).as_str()))
        };
        listed.instances.retain(is_wanted);
        Ok(listed.instances)
    }

    async fn list(&self, filter: &str) -> Result<Listed, CloudError> {
        let (client, project) = (self.session.instances().await?, self.session.project().await?);
        let mut listed = Listed { instances: Vec::new(), unreachable: BTreeSet::new() };
        let mut next: Option<String> = None;
        loop {
            let request = client
                .aggregated_list()
                .set_project(project)
                .set_filter(filter)
                .set_max_results(PAGE)
                .set_or_clear_page_token(next.take());
            let page = self.session.call("instances.aggregatedList", || request.clone().send()).await;
            let page = page.map_err(|error| error.explain(project, "look at the instances"))?;
            next = page.next_page_token.clone().filter(|token| !token.is_empty());
            listed.take(page);
            if next.is_none() {
                return Ok(listed);
            }
        }
    }
}

impl Listed {
    /// Adds a page.
    fn take(&mut self, page: model::InstanceAggregatedList) {
        self.unreachable.extend(page.unreachables.iter().map(|scope| last(scope).to_owned()));
        for (scope, zone) in page.items {
            if zone.warning.is_some_and(|warning| warning.code == Some(Code::Unreachable)) {
                self.unreachable.insert(last(&scope).to_owned());
            }
            self.instances.extend(zone.instances);
        }
    }
}

fn answered(unreachable: &BTreeSet<String>) -> Result<(), CloudError> {
    if unreachable.is_empty() {
        return Ok(());
    }
    let zones: Vec<&str> = unreachable.iter().map(String::as_str).collect();
    let message = format!("cannot look at the instances in {}: Google cannot reach it", zones.join(" and "));
    Err(CloudError::new(CloudErrorKind::Transient, message).hint("see https://status.cloud.google.com, and try again"))
}
