//! The local cloud: instances that are hosts on this machine, made of real processes.
//!
//! It needs no account and no daemon. Its whole state is in one directory on disk, so that any number of hoist
//! processes may use it at once, and any of them may be killed at any time:
//!
//! - `reservations/` holds a file for each launch, written before its instances exist. Ids are derived from token and
//!   position, so that a repeated launch finds its earlier instances.
//! - `instances/ID/` is an instance: its init's files, its home and temporary directories, its console.
//! - `annexes/NAME.NONCE/` is an annex: its desired state, its lease, which its instances' inits watch, and the files
//!   that they need.
//! - `begun/ID` records how an instance was started and its owner, outside its directory, which may be moved or
//!   emptied.
//! - `terminated.jsonl` records which instances are being terminated or gone, for an hour, as EC2 shows them.
//! - `locks` keeps two hoist processes from working on the same instance at once.
//!
//! Programs on an instance find in their environment:
//!
//! - `HOIST_INSTANCE`: the instance's id, which marks all its processes.
//! - `HOIST_ADDRESS`: its address.
//! - `HOIST_RUN`: the value of the run's tag.
//! - `HOIST_SERVICE`: the name of the service that it was launched for.
//! - `HOIST_RUN_STATE`: the state file that the run is recorded in, for programs that launch further instances for it.
//! - `HOIST_LEASE_FILE`: with a lease, the file with the current end of it, a time in RFC 3339. The file is replaced
//!   when the lease is renewed; at its end the instance's init ends the instance.

mod annex;
mod cloud_config;
mod describe;
mod file_error;
mod launch;
mod liveness;
mod locks;
mod process_view;
mod provider;
mod renew;
mod reservation;
mod shown_lease;
mod state_dir;
mod stray;
mod terminate;
mod termination_request;
mod tombstone;
mod tombstones;
mod user_data;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use annex::LocalAnnexes;
use file_error::failed;
pub use provider::LocalProvider;
use state_dir::StateDir;
pub use user_data::check as check_user_data;

use crate::host::{HostKind, InitConfig, LocalHost, probe_namespaces};
use crate::os::tail;
use crate::provider::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Host, Instance, InstanceState, LaunchRequest, Launched,
    OUTPUT_LIMIT, Selector, TAG_STATE, TAG_STATE_FILE,
};

/// Time in which software on an instance takes a job, and is told to be busy, after it has read its lease: the end of
/// that may have been moved since.
const LEASE_NOTICE: Duration = Duration::from_secs(5);

/// The settings of a local cloud.
#[derive(Clone, Debug)]
pub struct LocalCloudConfig {
    /// Its directory; created if missing.
    pub root: PathBuf,
    /// The hoist binary, which becomes the instances' init.
    pub init_program: PathBuf,
    /// Whether to give instances namespaces of their own, where the kernel allows it.
    pub namespaces: bool,
}

/// A cloud of real processes on this machine.
#[derive(Clone, Debug)]
pub struct LocalCloud {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: StateDir,
    init_program: PathBuf,
    namespaces: bool,
    /// The state file whose runs and annexes are launched here.
    state_file: Option<PathBuf>,
    /// Why instances cannot have namespaces, once tried.
    refused: OnceLock<Option<String>>,
}

impl LocalCloud {
    /// Opens the cloud in a directory, creating it if missing.
    pub fn new(config: LocalCloudConfig) -> Result<Self, CloudError> {
        Self::open(config, None)
    }

    /// Opens the cloud for a state file, which is recorded on its instances as their manager.
    pub fn of_state_file(config: LocalCloudConfig, state_file: PathBuf) -> Result<Self, CloudError> {
        Self::open(config, Some(state_file))
    }

    fn open(config: LocalCloudConfig, state_file: Option<PathBuf>) -> Result<Self, CloudError> {
        let root = StateDir::open(&config.root)?;
        let LocalCloudConfig { init_program, namespaces, .. } = config;
        Ok(Self { inner: Arc::new(Inner { root, init_program, namespaces, state_file, refused: OnceLock::new() }) })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Inner) -> Result<T, CloudError> + Send + 'static,
    ) -> Result<T, CloudError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || act(&inner)).await.unwrap_or_else(|error| {
            Err(CloudError::new(CloudErrorKind::Transient, format!("work on the local cloud was cut off: {error}")))
        })
    }
}

impl Inner {
    /// Launches instances tagged with their state file.
    fn launch(&self, mut request: LaunchRequest) -> Result<Vec<Instance>, CloudError> {
        if let Some(path) = self.state_file.as_ref().filter(|_| request.tags.contains_key(TAG_STATE)) {
            request.tags.insert(TAG_STATE_FILE.to_owned(), path.to_string_lossy().into_owned());
        }
        launch::launch(&self.root, &self.init_program, self.why_plain().is_none(), &request)
    }

    /// Returns why instances have no namespaces; `None` if they have them.
    fn why_plain(&self) -> Option<&str> {
        let refused = self.refused.get_or_init(|| {
            if !self.namespaces {
                return Some("they were not asked for".to_owned());
            }
            probe_namespaces(&self.init_program).err().map(|error| error.to_string())
        });
        refused.as_deref()
    }
}

#[async_trait]
impl Cloud for LocalCloud {
    fn capabilities(&self) -> Capabilities {
        let lacks = self.inner.why_plain().map(|why| {
            format!(
                "local instances have no namespaces of their own ({why}): they share /tmp, the host name and the \
                 process list with this machine, and programs work below the instance's directory instead of \
                 /tmp/nimbusready"
            )
        });
        Capabilities {
            max_batch: launch::MAX_BATCH,
            consistency_window: Duration::ZERO,
            poll_first: Duration::from_millis(10),
            poll_longest: Duration::from_millis(500),
            renews: true,
            lease_notice: LEASE_NOTICE,
            lacks: lacks.into_iter().collect(),
        }
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        let request = request.clone();
        self.blocking(move |inner| inner.launch(request).map(Launched::from)).await
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        let selector = selector.clone();
        self.blocking(move |inner| describe::describe(&inner.root, &selector)).await
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        let ids = ids.to_vec();
        self.blocking(move |inner| termination_request::by_ids(&inner.root, &ids)).await
    }

    async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        let ids = ids.to_vec();
        self.blocking(move |inner| renew::renew(&inner.root, &ids, until)).await
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        let id = id.to_owned();
        self.blocking(move |inner| {
            let known = describe::describe(&inner.root, &Selector::Ids(vec![id.clone()]))?;
            let Some(instance) = known.first() else {
                let message = format!("there is no instance {id} on the local cloud");
                return Err(CloudError::new(CloudErrorKind::Rejected, message));
            };
            let path = describe::console_path(&inner.root, &id);
            match tail(&path, u64::MAX, OUTPUT_LIMIT) {
                Ok(text) => Ok(text),
                // Not written yet, or removed with its instance.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => match instance.state {
                    InstanceState::Terminated => Err(CloudError::new(
                        CloudErrorKind::Rejected,
                        format!("instance {id} is terminated, and its console with it"),
                    )),
                    _ => Ok(String::new()),
                },
                Err(error) => Err(failed("read", &path, &error)),
            }
        })
        .await
    }

    fn host(&self, _: &str, instance: &Instance) -> Option<Arc<dyn Host>> {
        let directory = self.inner.root.instance(&instance.id);
        // An existing instance is as it was created; a new one will be as this cloud creates them.
        let isolated = match InitConfig::read(&directory) {
            Ok(Some(config)) => matches!(config.place, HostKind::Instance { isolated: true, .. }),
            _ => self.inner.why_plain().is_none(),
        };
        let begun = self.inner.root.begun(&instance.id);
        Some(Arc::new(LocalHost::new(directory, begun, &instance.id, isolated)))
    }
}
