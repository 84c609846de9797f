//! Implements `Cloud` for Compute Engine, delegating each operation to its component.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::bulk::BulkInserter;
use super::check::LaunchChecks;
use super::describe::Describer;
use super::guest_data::GuestData;
use super::host_keys;
use super::launch::Launcher;
use super::leftovers::LeftoverDisks;
use super::names::parts_of;
use super::options::GceTiming;
use super::renew::LeaseRenewer;
use super::session::GceSession;
use super::terminate::Terminator;
use crate::cloud::LaunchAccess;
use crate::provider::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Host, Instance, LaunchRequest, Launched, Leftover, Leftovers,
    Selector,
};

/// The most instances of a bulk (`instances.bulkInsert`: 5,000); a thousand names make a body of a size that is sent
/// again without a thought.
const MAX_BATCH: usize = 1000;

/// Time within which a guest knows where the end of its lease was moved: it looks every 20 seconds.
const LEASE_NOTICE: Duration = Duration::from_secs(30);

/// Compute Engine in one project.
pub struct GceCloud {
    session: Arc<GceSession>,
    timing: GceTiming,
    launcher: Launcher,
    describer: Describer,
    terminator: Terminator,
    renewer: LeaseRenewer,
    checks: LaunchChecks,
    disks: LeftoverDisks,
}

impl GceCloud {
    /// Creates access through this session; `access` tells who connects to instances, which is needed to launch.
    /// Requests nothing yet.
    pub fn new(session: Arc<GceSession>, timing: GceTiming, access: Option<LaunchAccess>) -> Self {
        let describer = Describer::new(Arc::clone(&session));
        let guest = GuestData { access };
        Self {
            timing,
            launcher: Launcher {
                settings: session.settings().clone(),
                inserter: BulkInserter::new(Arc::clone(&session), timing),
                describer: describer.clone(),
                guest: guest.clone(),
                timing,
            },
            checks: LaunchChecks::new(Arc::clone(&session), guest),
            disks: LeftoverDisks::new(Arc::clone(&session)),
            renewer: LeaseRenewer::new(Arc::clone(&session), describer.clone()),
            describer,
            terminator: Terminator::new(Arc::clone(&session)),
            session,
        }
    }
}

impl fmt::Debug for GceCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GceCloud").field("session", &self.session).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cloud for GceCloud {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_batch: MAX_BATCH,
            consistency_window: self.timing.consistency_window,
            poll_first: self.timing.poll_first,
            poll_longest: self.timing.poll_longest,
            renews: true,
            lease_notice: LEASE_NOTICE,
            lacks: Vec::new(),
        }
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        self.launcher.launch(request).await
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        self.describer.select(selector).await
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        self.terminator.terminate(ids).await
    }

    async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        self.renewer.renew(ids, until).await
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        let Some((name, zone)) = parts_of(id) else {
            return Err(CloudError::new(CloudErrorKind::Rejected, format!("{id} is no instance of Google's")));
        };
        let (client, project) = (self.session.instances().await?, self.session.project().await?);
        let call = client.get_serial_port_output().set_project(project).set_zone(zone).set_instance(name);
        let output = self.session.call("instances.getSerialPortOutput", || call.clone().send()).await;
        let output = output.map_err(|error| error.explain(project, &format!("read the console of {id}")))?;
        Ok(output.contents.unwrap_or_default())
    }

    async fn host_keys(&self, id: &str) -> Result<String, CloudError> {
        match host_keys::told(&self.session, id).await? {
            Some(keys) => Ok(keys),
            None => self.console(id).await,
        }
    }

    async fn check(&self, requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        self.checks.find(requests).await
    }

    async fn leftovers(&self, run: Option<&str>) -> Result<Leftovers, CloudError> {
        Ok(self.disks.find(run).await)
    }

    async fn remove_leftover(&self, leftover: &Leftover) -> Result<(), CloudError> {
        self.disks.remove(leftover).await
    }

    fn host(&self, _: &str, _: &Instance) -> Option<Arc<dyn Host>> {
        None
    }
}
