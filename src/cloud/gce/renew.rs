//! Renews leases: moves their end in the metadata of instances, where the instances read it.

use std::collections::BTreeSet;
use std::sync::Arc;

use google_cloud_compute_v1::model;
use google_cloud_compute_v1::model::metadata::Items;
use jiff::Timestamp;

use super::call_error::CallFault;
use super::describe::Describer;
use super::instance::hard_end;
use super::labels::EXPIRES_KEY;
use super::names::{instance_id, last, parts_of};
use super::session::GceSession;
use crate::provider::{CloudError, CloudErrorKind};
use crate::retry::in_parallel;

/// How many metadata are written side by side.
const SIDE_BY_SIDE: usize = 16;

/// How often metadata are written anew that somebody else changed meanwhile.
const ROUNDS: u32 = 5;

/// Renews the leases of instances of a project.
#[derive(Clone, Debug)]
pub(super) struct LeaseRenewer {
    session: Arc<GceSession>,
    describer: Describer,
}

impl LeaseRenewer {
    /// Creates a renewer; `describer` shows the metadata. Requests nothing yet.
    pub(super) fn new(session: Arc<GceSession>, describer: Describer) -> Self {
        Self { session, describer }
    }

    /// Moves the end of the lease of these instances; returns the ids of those that are there, in the given order.
    ///
    /// # Errors
    /// An instance may not run for so long, or a call failed; the leases that were moved stay moved.
    pub(super) async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        let wanted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let shown = self.describer.shown(&wanted).await?;
        let (late, renewed): (Vec<_>, Vec<_>) =
            shown.into_iter().partition(|shown| hard_end(shown).is_some_and(|end| end < until));
        let move_one = |shown: model::Instance| {
            let this = self.clone();
            async move { this.move_end(shown, until).await }
        };
        let moved: Vec<Option<String>> =
            in_parallel(SIDE_BY_SIDE, renewed, move_one).await.into_iter().collect::<Result<_, _>>()?;
        if let Some(first) = late.first() {
            let (id, end) = (id_of(first).unwrap_or_default(), hard_end(first).unwrap_or(until));
            let message = format!("the lease of {id} cannot be moved to {until}: Google deletes the machine at {end}");
            let hint = "how long a machine may run is fixed when it is launched; launch another in its place";
            return Err(CloudError::new(CloudErrorKind::Quota, message).hint(hint));
        }
        let moved: BTreeSet<String> = moved.into_iter().flatten().collect();
        Ok(ids.iter().filter(|id| moved.contains(*id)).cloned().collect())
    }

    /// Moves the end of one lease; returns the instance's id unless it is gone.
    async fn move_end(&self, mut shown: model::Instance, until: Timestamp) -> Result<Option<String>, CloudError> {
        let Some(id) = id_of(&shown) else { return Ok(None) };
        let Some((name, zone)) = parts_of(&id) else { return Ok(None) };
        let (client, project) = (self.session.instances().await?, self.session.project().await?);
        let what = format!("renew the lease of {id}");
        for _ in 0..ROUNDS {
            let mut metadata = shown.metadata.take().unwrap_or_default();
            metadata.items.retain(|item| item.key.as_deref() != Some(EXPIRES_KEY));
            let end = until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            metadata.items.push(Items::new().set_key(EXPIRES_KEY).set_value(end));
            let call = client.set_metadata().set_project(project).set_zone(zone).set_instance(name).set_body(metadata);
            match self.session.call("instances.setMetadata", || call.clone().send()).await {
                Ok(_) => return Ok(Some(id)),
                Err(error) if error.fault == CallFault::NotFound => return Ok(None),
                Err(error) if error.fault == CallFault::Changed => {}
                Err(error) => return Err(error.explain(project, &what)),
            }
            let call = client.get().set_project(project).set_zone(zone).set_instance(name);
            shown = match self.session.call("instances.get", || call.clone().send()).await {
                Ok(shown) => shown,
                Err(error) if error.fault == CallFault::NotFound => return Ok(None),
                Err(error) => return Err(error.explain(project, &what)),
            };
        }
        Err(CloudError::new(CloudErrorKind::Transient, format!("cannot {what}: its metadata change all the time")))
    }
}

fn id_of(shown: &model::Instance) -> Option<String> {
    Some(instance_id(shown.name.as_deref()?, last(shown.zone.as_deref()?)))
}
