//! A session: project, credentials, clients and observer in one place.

use std::fmt;

use google_cloud_auth::credentials::Credentials;
use google_cloud_compute_v1::client::{
    Disks, Images, Instances, MachineTypes, Projects, Regions, Subnetworks, ZoneOperations, Zones,
};
use google_cloud_gax::retry_policy::NeverRetry;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use super::call_error::{CallError, CallFault};
use super::credentials::CredentialSource;
use super::options::GceTiming;
use super::settings::GceSettings;
use crate::provider::{ApiCall, CallObserver, CloudError, CloudErrorKind};
use crate::retry::Pauses;

/// Access to one project. Share it: its clients keep connections.
pub struct GceSession {
    settings: GceSettings,
    timing: GceTiming,
    observer: Option<CallObserver>,
    loaded: OnceCell<Loaded>,
    instances: OnceCell<Instances>,
    operations: OnceCell<ZoneOperations>,
}

/// What the settings and the credentials tell.
struct Loaded {
    project: String,
    who: String,
    credentials: Credentials,
}

/// Makes one of Google's clients for this session. Each call is made once: the session itself retries.
macro_rules! client {
    ($session:expr, $client:ident) => {{
        let loaded = $session.loaded().await?;
        let builder = $client::builder().with_credentials(loaded.credentials.clone()).with_retry_policy(NeverRetry);
        let builder = match &$session.settings.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint.clone()),
            None => builder,
        };
        builder.build().await.map_err(|error| {
            CloudError::new(CloudErrorKind::Rejected, format!("cannot make a client of Compute Engine: {error}"))
        })
    }};
}

impl GceSession {
    /// Creates a session of these settings. Reads and requests nothing yet.
    pub fn new(settings: GceSettings) -> Self {
        Self {
            settings,
            timing: GceTiming::default(),
            observer: None,
            loaded: OnceCell::new(),
            instances: OnceCell::new(),
            operations: OnceCell::new(),
        }
    }

    /// Replaces time limits.
    #[must_use]
    pub fn timing(self, timing: GceTiming) -> Self {
        Self { timing, ..self }
    }

    /// Sets the observer of calls.
    #[must_use]
    pub fn observer(self, observer: CallObserver) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Returns the settings.
    pub fn settings(&self) -> &GceSettings {
        &self.settings
    }

    /// Returns the project's id.
    ///
    /// # Errors
    /// None is named, or the credentials are missing or of another project.
    pub async fn project(&self) -> Result<&str, CloudError> {
        Ok(&self.loaded().await?.project)
    }

    /// Asks for the project; returns what the session is, for people.
    ///
    /// # Errors
    /// The credentials are missing or not accepted, the API is not enabled, or the project is unknown.
    pub(super) async fn examined(&self) -> Result<String, CloudError> {
        let Loaded { project, who, .. } = self.loaded().await?;
        let call = self.projects().await?.get().set_project(project);
        let answer = self.call("projects.get", || call.clone().send()).await;
        answer.map_err(|error| error.explain(project, &format!("look at project {project}")))?;
        Ok(format!("answers for project {project}; the credentials are {who}"))
    }

    async fn loaded(&self) -> Result<&Loaded, CloudError> {
        self.loaded.get_or_try_init(async || self.load()).await
    }

    fn load(&self) -> Result<Loaded, CloudError> {
        let source = CredentialSource::find(&self.settings)?;
        let project =
            self.settings.project.clone().or_else(|| source.project().map(str::to_owned)).ok_or_else(|| {
                let hint = "set `project` in the plan's cloud, or GOOGLE_CLOUD_PROJECT";
                CloudError::new(CloudErrorKind::Denied, "it is not known which project of Google Cloud is meant")
                    .hint(hint)
            })?;
        source.check_project(&project)?;
        Ok(Loaded { project, who: source.describe(), credentials: source.credentials()? })
    }

    /// Returns the client of instances.
    pub(super) async fn instances(&self) -> Result<&Instances, CloudError> {
        self.instances.get_or_try_init(async || client!(self, Instances)).await
    }

    /// Returns the client of the operations of zones.
    pub(super) async fn operations(&self) -> Result<&ZoneOperations, CloudError> {
        self.operations.get_or_try_init(async || client!(self, ZoneOperations)).await
    }

    /// Returns the client of projects.
    async fn projects(&self) -> Result<Projects, CloudError> {
        client!(self, Projects)
    }

    /// Returns a client of zones.
    pub(super) async fn zones(&self) -> Result<Zones, CloudError> {
        client!(self, Zones)
    }

    /// Returns a client of machine types.
    pub(super) async fn machine_types(&self) -> Result<MachineTypes, CloudError> {
        client!(self, MachineTypes)
    }

    /// Returns a client of images.
    pub(super) async fn images(&self) -> Result<Images, CloudError> {
        client!(self, Images)
    }

    /// Returns a client of subnets.
    pub(super) async fn subnetworks(&self) -> Result<Subnetworks, CloudError> {
        client!(self, Subnetworks)
    }

    /// Returns a client of regions.
    pub(super) async fn regions(&self) -> Result<Regions, CloudError> {
        client!(self, Regions)
    }

    /// Returns a client of disks.
    pub(super) async fn disks(&self) -> Result<Disks, CloudError> {
        client!(self, Disks)
    }

    /// Makes a call, and retries it after failures that may pass. So the call must be safe to repeat: it reads, or it
    /// carries a request id or a fingerprint.
    pub(super) async fn call<T, F>(&self, operation: &'static str, mut send: impl FnMut() -> F) -> Result<T, CallError>
    where
        F: Future<Output = google_cloud_gax::Result<T>>,
    {
        let give_up = Instant::now() + self.timing.call_patience;
        let mut pauses = Pauses::growing(self.timing.pause_first, self.timing.pause_longest).full_jitter(operation);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let sent = Instant::now();
            let answer = send().await.map_err(|error| CallError::new(operation, &error));
            let outcome = answer.as_ref().map_or_else(|error| error.outcome.clone(), |_| "ok".to_owned());
            self.observe(operation, attempt, outcome, sent);
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let may_pass = matches!(error.fault, CallFault::Throttled | CallFault::Unknown);
            if !may_pass || Instant::now() >= give_up {
                return Err(error);
            }
            sleep(pauses.pause()).await;
        }
    }

    fn observe(&self, operation: &'static str, attempt: u32, outcome: String, sent: Instant) {
        let Some(observer) = &self.observer else { return };
        let (took, waited) = (sent.elapsed(), std::time::Duration::ZERO);
        observer(&ApiCall { service: "compute", operation, attempt, outcome, took, waited, request_id: None });
    }
}

impl fmt::Debug for GceSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GceSession").field("settings", &self.settings).finish_non_exhaustive()
    }
}
