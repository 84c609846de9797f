//! This machine as a host, for services whose programs run where hoist runs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use super::census::Census;
use super::client::Client;
use super::init::{HostKind, InitConfig, InstanceUserData, StartReport};
use super::init_record::InitRecord;
use super::process_mark::MARK_VARIABLE;
use super::protocol::{InstanceLayout, PROTOCOL, read_status};
use super::resource_shortage;
use super::shutdown::{InitTerminator, is_alive};
use super::start_init::Beginning;
use crate::os::{digest_hex, make_private_directory};
use crate::provider::{Command, CompletedProcess, Content, Done, Host, HostError, HostReady, Task, Upload};
use crate::retry::{Limit, Pauses, Poller, poll_blocking_until};

/// cloudinit.d's environment variable for the location of stage directories.
const STAGE_VARIABLE: &str = "REMOTE_WORKING_DIR_ENV";

/// The interval of the checks on an init that another process is starting, and the first pause before retrying with a
/// new init after an idle one ended meanwhile; later pauses double.
const PAUSE: Duration = Duration::from_millis(2);

/// The time that an init started by another process may take to serve: far more than it needs on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The prefixes of two names beside the host's directory: that of the directory while it is removed, and that of the
/// host's record.
const GONE: &str = ".gone-";
const BEGUN: &str = ".begun-";

/// The number of attempts to use an init, for about a second in all.
const TRIES: u32 = 9;

/// This machine as a host, for services whose programs run where hoist runs.
///
/// Programs run as the user's own do, with hoist's environment except for [withheld](Self::withholding) variables. An
/// init of their own adopts their orphans, so that [`Host::release`] can end them. The init is started at the first
/// use, and exits when it has nothing left to look after.
#[derive(Clone, Debug)]
pub struct Localhost {
    directory: PathBuf,
    begun: PathBuf,
    init_program: PathBuf,
    id: String,
    withheld: BTreeSet<String>,
}

impl Localhost {
    /// Creates the host for one service of one run. `directory` must be absolute and for this service alone;
    /// `init_program` is the hoist binary.
    pub fn new(directory: PathBuf, init_program: PathBuf) -> Self {
        let id = format!("h-{}", digest_hex(&[directory.as_os_str().as_encoded_bytes()], 17));
        let begun = beside(&directory, BEGUN);
        Self { directory, begun, init_program, id, withheld: BTreeSet::new() }
    }

    /// Withholds these variables, which are meant for others, from the environment of programs.
    pub fn withholding(self, withheld: BTreeSet<String>) -> Self {
        Self { withheld, ..self }
    }

    /// Returns hoist's environment without the withheld variables.
    fn environment(&self) -> impl Iterator<Item = (OsString, OsString)> {
        let is_withheld = |name: &OsString| name.to_str().is_some_and(|name| self.withheld.contains(name));
        std::env::vars_os().filter(move |(name, _)| !is_withheld(name))
    }

    fn client(&self) -> Client<'_> {
        let Self { id, directory, begun, .. } = self;
        Client { id, directory, begun, places: &[InstanceLayout::RUNS], name: "this host" }
    }

    /// Ensures that the init serves.
    async fn wake(&self) -> Result<(), HostError> {
        let this = self.clone();
        blocking(move || this.wake_blocking()).await
    }

    fn wake_blocking(&self) -> Result<(), HostError> {
        let failed = |error: std::io::Error| {
            HostError::failed(format!("cannot use {} on this host: {error}", self.directory.display()))
        };
        if is_alive(&self.directory).map_err(failed)? && self.serves()? {
            return Ok(());
        }
        make_private_directory(&self.directory).map_err(failed)?;
        let config = InitConfig {
            id: self.id.clone(),
            place: HostKind::ThisHost,
            dies_at: None,
            lease: None,
            user_data: InstanceUserData::default(),
        };
        config.write(&self.directory).map_err(failed)?;
        let environment =
            self.environment().chain([(OsString::from(MARK_VARIABLE), OsString::from(&self.id))]).collect::<Vec<_>>();
        let begun = self.known().map_err(failed)?;
        let beginning =
            Beginning { id: &self.id, program: &self.init_program, directory: &self.directory, record: &self.begun };
        let report = beginning.begin(begun, environment).map_err(|error| {
            HostError::failed(format!("cannot start {} on this host: {error}", self.init_program.display()))
        })?;
        match report {
            StartReport::Ready => Ok(()),
            StartReport::AlreadyThere => {
                let is_over = || {
                    let is_coming = is_alive(&self.directory).map_err(failed)? && !self.serves()?;
                    Ok((!is_coming).then_some(()))
                };
                poll_blocking_until(Pauses::fixed(PAUSE), Limit::Time(START_LIMIT), || is_over().transpose())
                    .unwrap_or_else(|| Err(self.without_word()))
            }
            StartReport::Failed(reason) => {
                Err(HostError::failed(format!("cannot start the init for programs on this host: {reason}")))
            }
        }
    }

    /// The error for an init that holds its host's lock but has not published its endpoint.
    fn without_word(&self) -> HostError {
        let seen = Census::fresh().marked(&self.id).iter().find(|sighting| sighting.is_init).map(|init| init.process);
        let who = seen.map_or_else(String::new, |process| format!(", process {process},"));
        let place = self.directory.display();
        let error = HostError::unreachable(format!(
            "the init for programs on this host{who} does not tell in {place} how it is asked"
        ));
        let hint = |process| {
            format!("kill -KILL {process} ends it, and the next command starts another; what it looked after runs on")
        };
        seen.into_iter().fold(error, |error, process| error.hint(hint(process)))
    }

    /// Returns the earlier record if it leaves doubt: an init was killed since the boot, and no control group
    /// identifies its leftovers. Otherwise returns an empty record.
    fn known(&self) -> std::io::Result<InitRecord> {
        let earlier = InitRecord::read(&self.begun)?.filter(|begun| !begun.is_of_another_boot());
        let Some(begun) = earlier else { return Ok(InitRecord::default()) };
        let was_killed = match read_status(&self.directory) {
            Ok(Some(status)) => status.clean == Some(false) && !status.is_running(),
            Ok(None) => false,
            Err(_) => true,
        };
        let doubtful = begun.doubtful || begun.cgroup.is_none() && was_killed;
        Ok(if doubtful { InitRecord { doubtful, ..begun } } else { InitRecord::default() })
    }

    /// Returns whether the status on disk belongs to a living init rather than to an earlier one.
    fn serves(&self) -> Result<bool, HostError> {
        let status = read_status(&self.directory)
            .map_err(|error| HostError::failed(format!("cannot read {}: {error}", self.directory.display())))?;
        Ok(status.is_some_and(|status| status.protocol != PROTOCOL || status.is_running()))
    }

    /// Performs an action with a serving init, starting the init again if it exited meanwhile.
    async fn with_init<T, F, A>(&self, act: A) -> Result<T, HostError>
    where
        F: Future<Output = Result<T, HostError>>,
        A: Fn() -> F,
    {
        let mut poller = Poller::new(Pauses::growing(PAUSE, Duration::MAX), Limit::Pauses(TRIES - 1));
        loop {
            self.wake().await?;
            match act().await {
                // An init that is known to be silent is asked again by callers that have the time for it.
                Err(HostError::Gone(complaint) | HostError::Unreachable(complaint))
                    if complaint.awaited.is_none() && poller.pause().await => {}
                Err(HostError::Gone(reason)) => return Err(HostError::Unreachable(reason)),
                other => return other,
            }
        }
    }
}

/// Returns the location of stage directories from the user's environment, if it is an absolute path.
pub(crate) fn chosen_stage() -> Option<PathBuf> {
    let base: PathBuf = std::env::var_os(STAGE_VARIABLE)?.into();
    // Without a trailing slash.
    base.is_absolute().then(|| base.components().collect())
}

#[async_trait]
impl Host for Localhost {
    async fn reach(&self) -> Result<HostReady, HostError> {
        let reached = self.with_init(|| async { self.client().await_start().await }).await;
        reached.map(|()| HostReady::default()).map_err(resource_shortage::marked)
    }

    fn stage_base(&self) -> PathBuf {
        chosen_stage().unwrap_or_else(|| self.directory.join(InstanceLayout::STAGE))
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.put(&file.path, &Content::Bytes(file.content.clone()), file.mode).await
    }

    async fn put(&self, path: &Path, content: &Content, mode: u32) -> Result<(), HostError> {
        self.with_init(|| async { self.client().put(path, content, mode).await }).await
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        self.with_init(|| async { self.client().download(path, limit).await }).await
    }

    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError> {
        // Variables that are not UTF-8 cannot be passed on; no program that a plan names reads such a variable.
        let environment: Vec<(String, String)> = self
            .environment()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        self.with_init(|| async { self.client().run(command, Some(environment.clone())).await }).await
    }

    async fn carry_out(&self, task: &Task) -> Result<Done, HostError> {
        task.in_steps(self).await.map_err(resource_shortage::marked)
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        // Tearing down a service that never ran here should not start an init.
        if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(());
        }
        self.with_init(|| async { self.client().remove(path).await }).await
    }

    async fn release(&self) -> Result<(), HostError> {
        let this = self.clone();
        blocking(move || {
            let gone = beside(&this.directory, GONE);
            let doomed = InitTerminator {
                id: &this.id,
                directory: &this.directory,
                gone: &gone,
                begun: &this.begun,
                may_hide: false,
                keeps_record: false,
            };
            doomed.end().map_err(|stuck| HostError::failed(stuck.diagnostic.of("cannot release this host")))
        })
        .await
    }
}

/// Returns a path beside a host's directory.
fn beside(directory: &Path, prefix: &str) -> PathBuf {
    let mut name = OsString::from(prefix);
    name.push(directory.file_name().unwrap_or_default());
    directory.with_file_name(name)
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, HostError> {
    tokio::task::spawn_blocking(act)
        .await
        .unwrap_or_else(|error| Err(HostError::failed(format!("work on this host was cut off: {error}"))))
}
