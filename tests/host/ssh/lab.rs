//! A run's keys and connections, and machines to reach.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hoist::host::ssh::{ConnectionPool, Console, RunKeys, SshHost, SshTarget, SshTerms};
use hoist::plan::HostKeyPolicy;
use hoist::provider::{CloudError, CloudErrorKind, Command, CompletedProcess, Host, HostError, HostReady};

use hoist_test_support::machine::{CloudInit, Machine, MachineOptions, generate_key};
use hoist_test_support::skip::skip;

/// The directory of the run on its hosts.
pub(crate) const BASE: &str = "/var/tmp/hoist.test-run";

/// How long a machine may take to come up.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Lab {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) keys: Arc<RunKeys>,
    pub(crate) links: Arc<ConnectionPool>,
}

impl Lab {
    /// None where machines cannot be started, which is said.
    pub(crate) fn new() -> Option<Self> {
        Self::with(CloudInit::Fast)
    }

    pub(crate) fn with(cloud_init: CloudInit) -> Option<Self> {
        if let Some(why) = Machine::lacks(cloud_init) {
            skip(&why);
            return None;
        }
        let directory = tempfile::Builder::new().prefix("hoist-ssh-").tempdir().unwrap();
        generate_key(&directory.path().join("key"));
        let keys = Arc::new(RunKeys::new(directory.path().join("ssh/run")));
        Some(Self { directory, keys, links: Arc::new(ConnectionPool::new()) })
    }

    /// The user's key.
    pub(crate) fn key(&self) -> PathBuf {
        self.directory.path().join("key")
    }

    pub(crate) fn authorized_key(&self) -> String {
        std::fs::read_to_string(self.key().with_extension("pub")).unwrap()
    }

    /// A machine with this user data, on an address of its own.
    pub(crate) fn start(&self, id: &str, user_data: &str) -> Machine {
        let (address, port) = free_address();
        self.start_at(id, user_data, &address, port, CloudInit::Fast)
    }

    pub(crate) fn start_at(
        &self,
        id: &str,
        user_data: &str,
        address: &str,
        port: u16,
        cloud_init: CloudInit,
    ) -> Machine {
        Machine::start(MachineOptions {
            id: id.to_owned(),
            address: address.to_owned(),
            port,
            user_data: user_data.as_bytes().to_vec(),
            authorized_key: Some(self.authorized_key()),
            cloud_init,
        })
    }

    /// A machine that was given an ephemeral host key, which is pinned.
    pub(crate) fn start_pinned(&self, id: &str, token: &str) -> Machine {
        let machine = self.start(id, &self.user_data(token));
        self.keys.pin_ephemeral(id, &self.keys.ephemeral(token).unwrap().public).unwrap();
        machine
    }

    /// User data that passes the ephemeral host key of this launch.
    pub(crate) fn user_data(&self, token: &str) -> String {
        let key = self.keys.ephemeral(token).unwrap();
        let private: String = key.private.expose().lines().map(|line| format!("    {line}\n")).collect();
        format!("#cloud-config\nssh_keys:\n  ed25519_private: |\n{private}  ed25519_public: {}\n", key.public)
    }

    /// How root is reached on the machine.
    pub(crate) fn target(&self, machine: &Machine) -> SshTarget {
        SshTarget {
            address: machine.address().to_owned(),
            port: Some(machine.port()),
            user: Some("root".to_owned()),
            key: Some(self.key()),
            policy: HostKeyPolicy::Strict,
            machine: Some(machine.id().to_owned()),
            base: BASE.into(),
            service: "web".to_owned(),
            terms: SshTerms::default(),
        }
    }

    pub(crate) fn host_of(&self, target: SshTarget) -> SshHost {
        SshHost::new(target, self.keys.clone(), self.links.clone(), None)
    }

    /// The machine as a host, once it answers.
    pub(crate) async fn reached(&self, machine: &Machine) -> SshHost {
        let host = self.host_of(self.target(machine));
        reach(&host).await.unwrap_or_else(|error| panic!("{error}\n{}", machine.console()));
        host
    }
}

/// Waits for a host as the engine does.
pub(crate) async fn reach(host: &SshHost) -> Result<HostReady, HostError> {
    let began = Instant::now();
    loop {
        match host.reach().await {
            Err(HostError::Unreachable(_)) if began.elapsed() < PATIENCE => {}
            other => return other,
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what} never came true");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What a cloud says of a console.
pub(crate) struct Shows(pub(crate) std::sync::Mutex<Result<String, String>>);

impl Shows {
    pub(crate) fn new(text: &str) -> Arc<Self> {
        Arc::new(Self(std::sync::Mutex::new(Ok(text.to_owned()))))
    }
}

#[async_trait]
impl Console for Shows {
    async fn text(&self) -> Result<String, CloudError> {
        let said = self.0.lock().unwrap().clone();
        said.map_err(|reason| CloudError::new(CloudErrorKind::Transient, reason))
    }
}

/// An address of this machine that no other test uses, and a port there.
pub(crate) fn free_address() -> (String, u16) {
    let (address, port) = hoist_test_support::loopback::free_address();
    (address.to_string(), port)
}

pub(crate) fn shell(key: &str, script: &str) -> Command {
    Command {
        key: key.to_owned(),
        argv: vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()],
        directory: PathBuf::from("/"),
        environment: Vec::new(),
        timeout: Duration::from_secs(60),
    }
}

pub(crate) async fn run(host: &SshHost, key: &str, script: &str) -> CompletedProcess {
    host.run(&shell(key, script)).await.unwrap()
}

/// What a script prints, which must succeed.
pub(crate) async fn output(host: &SshHost, key: &str, script: &str) -> String {
    let finished = run(host, key, script).await;
    assert!(finished.outcome.success(), "{script}: {finished:?}");
    finished.output.trim_end().to_owned()
}
