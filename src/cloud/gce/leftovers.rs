//! Disks that outlived their instances.

use std::sync::Arc;

use google_cloud_compute_v1::model;
use google_cloud_compute_v1::model::disks_scoped_list::warning::Code;
use jiff::Timestamp;

use super::call_error::CallFault;
use super::labels;
use super::names::{instance_id, last, parts_of, request_id};
use super::session::GceSession;
use crate::annex::TAG_ANNEX;
use crate::provider::{CloudError, CloudErrorKind, Leftover, LeftoverKind, Leftovers, TAG_EXPIRES, TAG_OWNER, TAG_RUN};

/// The most disks a page of a list has.
const PAGE: u32 = 500;

/// Finds and removes disks of a project.
#[derive(Clone, Debug)]
pub(super) struct LeftoverDisks {
    session: Arc<GceSession>,
}

impl LeftoverDisks {
    /// Creates a finder through this session. Requests nothing yet.
    pub(super) fn new(session: Arc<GceSession>) -> Self {
        Self { session }
    }

    /// Returns the disks that no instance has, of one run or of all.
    pub(super) async fn find(&self, run: Option<&str>) -> Leftovers {
        let mut left = Leftovers::default();
        left.take(LeftoverKind::Volume, self.disks(run).await);
        left
    }

    async fn disks(&self, run: Option<&str>) -> Result<Vec<Leftover>, CloudError> {
        let (client, project) = (self.session.disks().await?, self.session.project().await?);
        let filter = run.map_or_else(labels::filter_all, |run| labels::filter(TAG_RUN, run));
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let call = client
                .aggregated_list()
                .set_project(project)
                .set_filter(&filter)
                .set_max_results(PAGE)
                .set_or_clear_page_token(next.take());
            let page = self.session.call("disks.aggregatedList", || call.clone().send()).await;
            let page = page.map_err(|error| error.explain(project, "list disks"))?;
            let silent = |scope: &model::DisksScopedList| {
                scope.warning.as_ref().is_some_and(|warning| warning.code == Some(Code::Unreachable))
            };
            let mut places: Vec<&str> = page.unreachables.iter().map(|scope| last(scope)).collect();
            places.extend(page.items.iter().filter(|(_, scope)| silent(scope)).map(|(name, _)| last(name)));
            if let Some(place) = places.first() {
                let message = format!("cannot look at the disks in {place}: Google cannot reach it");
                return Err(CloudError::new(CloudErrorKind::Transient, message)
                    .hint("see https://status.cloud.google.com, and try again"));
            }
            next = page.next_page_token.filter(|token| !token.is_empty());
            let disks = page.items.into_values().flat_map(|scope| scope.disks);
            found.extend(disks.filter(|disk| disk.users.is_empty()).filter_map(leftover));
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Deletes a disk; one that is gone counts as deleted.
    ///
    /// # Errors
    /// The call failed.
    pub(super) async fn remove(&self, leftover: &Leftover) -> Result<(), CloudError> {
        let (client, project) = (self.session.disks().await?, self.session.project().await?);
        let Some((name, zone)) = parts_of(&leftover.id) else { return Ok(()) };
        let now = Timestamp::now().as_nanosecond().to_string();
        let call = client.delete().set_project(project).set_zone(zone).set_disk(name).set_request_id(request_id(&[
            "delete-disk",
            project,
            &leftover.id,
            &now,
        ]));
        match self.session.call("disks.delete", || call.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if error.fault == CallFault::NotFound => Ok(()),
            Err(error) => Err(error.explain(project, &format!("delete the disk {}", leftover.id))),
        }
    }
}

/// Reads a disk; `None` if it has no name or zone.
fn leftover(disk: model::Disk) -> Option<Leftover> {
    let tags = labels::told(disk.description.as_deref().unwrap_or_default(), &disk.labels);
    let tag = |name: &str| tags.get(name).cloned();
    Some(Leftover {
        kind: LeftoverKind::Volume,
        id: instance_id(disk.name.as_deref()?, last(disk.zone.as_deref()?)),
        run: tag(TAG_RUN),
        annex: tag(TAG_ANNEX),
        owner: tag(TAG_OWNER),
        expires_at: tag(TAG_EXPIRES).and_then(|end| end.parse().ok()),
        detail: format!("{} GB", disk.size_gb.unwrap_or_default()),
        bills: true,
    })
}
