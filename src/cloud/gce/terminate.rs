//! Deletes instances, with their disks.

use std::sync::Arc;

use jiff::Timestamp;

use super::call_error::CallFault;
use super::names::{parts_of, request_id};
use super::session::GceSession;
use crate::provider::CloudError;
use crate::retry::in_parallel;

/// How many deletions are asked for side by side: a project may call about 20 times a second ("Rate quotas").
const SIDE_BY_SIDE: usize = 16;

/// Deletes instances of a project.
#[derive(Clone, Debug)]
pub(super) struct Terminator {
    session: Arc<GceSession>,
}

impl Terminator {
    /// Creates a terminator through this session. Requests nothing yet.
    pub(super) fn new(session: Arc<GceSession>) -> Self {
        Self { session }
    }

    /// Deletes these instances; those that are gone, or being deleted, count as deleted.
    ///
    /// # Errors
    /// The first call that failed; the others were made all the same.
    pub(super) async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        let delete = |id: String| {
            let this = self.clone();
            async move { this.delete(&id).await }
        };
        in_parallel(SIDE_BY_SIDE, ids.iter().cloned(), delete).await.into_iter().collect()
    }

    async fn delete(&self, id: &str) -> Result<(), CloudError> {
        // No instance of Google's has such an id.
        let Some((name, zone)) = parts_of(id) else { return Ok(()) };
        let (client, project) = (self.session.instances().await?, self.session.project().await?);
        let request = client
            .delete()
            .set_project(project)
            .set_zone(zone)
            .set_instance(name)
            // New each time: an id that is remembered would be answered with an earlier deletion that failed.
            .set_request_id(request_id(&["delete", project, id, &Timestamp::now().as_nanosecond().to_string()]));
        match self.session.call("instances.delete", || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.fault, CallFault::NotFound | CallFault::NotReady) => Ok(()),
            Err(error) => Err(error.explain(project, &format!("delete {id}"))),
        }
    }
}
