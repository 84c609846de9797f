//! This machine as a host, for services whose programs run where hoist runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use super::client::Client;
use super::files::{digest_hex, make_private_directory};
use super::init::{InitConfig, Place, Report, UserData};
use super::processes::MARKER;
use super::protocol::{Layout, PROTOCOL, read_status};
use super::shutdown::{Doomed, is_alive};
use super::starting::Starting;
use crate::engine::{Command, Finished, Host, HostError, Reached, Upload};

/// cloudinit.d's variable that moves the stage directories.
const STAGE_VARIABLE: &str = "REMOTE_WORKING_DIR_ENV";

/// The pause between two looks at an init that another process is starting, and before the first new try to use one
/// that ended under our hands, having had nothing to do for a while; later pauses double.
const PAUSE: Duration = Duration::from_millis(2);

/// How often that is tried, for about a second in all.
const TRIES: u32 = 9;

/// This machine as a host, for services whose programs run where hoist runs.
///
/// Programs run as the user's own do, with the environment of the hoist that runs them; an init of their own takes in
/// what they leave behind, so that [`Host::release`] can end it. The init comes with the first use, and leaves by itself
/// when there is nothing left to look after.
#[derive(Clone, Debug)]
pub struct ThisHost {
    directory: PathBuf,
    init_program: PathBuf,
    id: String,
}

impl ThisHost {
    /// This machine on behalf of one service of one run, which has `directory` (absolute) to itself; `init_program` is
    /// the hoist binary.
    pub fn new(directory: PathBuf, init_program: PathBuf) -> Self {
        let id = format!("h-{}", digest_hex(&[directory.as_os_str().as_encoded_bytes()], 17));
        Self { directory, init_program, id }
    }

    fn client(&self) -> Client<'_> {
        Client { directory: &self.directory, name: "this host" }
    }

    /// Makes sure that the init serves.
    async fn wake(&self) -> Result<(), HostError> {
        let this = self.clone();
        blocking(move || this.wake_blocking()).await
    }

    fn wake_blocking(&self) -> Result<(), HostError> {
        let failed = |error: std::io::Error| {
            HostError::Failed(format!("cannot use {} on this host: {error}", self.directory.display()))
        };
        if is_alive(&self.directory).map_err(failed)? && self.serves()? {
            return Ok(());
        }
        make_private_directory(&self.directory).map_err(failed)?;
        let config = InitConfig {
            id: self.id.clone(),
            place: Place::ThisHost,
            dies_at: None,
            lease: None,
            user_data: UserData::default(),
        };
        config.write(&self.directory).map_err(failed)?;
        let environment =
            std::env::vars_os().chain([(OsString::from(MARKER), OsString::from(&self.id))]).collect::<Vec<_>>();
        let starting = Starting::begin(&self.init_program, &self.directory, environment).map_err(|error| {
            HostError::Failed(format!("cannot start {} on this host: {error}", self.init_program.display()))
        })?;
        match starting.finish() {
            Report::Ready => Ok(()),
            Report::AlreadyThere => {
                while is_alive(&self.directory).map_err(failed)? && !self.serves()? {
                    std::thread::sleep(PAUSE);
                }
                Ok(())
            }
            Report::Failed(reason) => {
                Err(HostError::Failed(format!("cannot start the init for programs on this host: {reason}")))
            }
        }
    }

    /// Whether the status on disk is that of a living init, not of the one before it.
    fn serves(&self) -> Result<bool, HostError> {
        let status = read_status(&self.directory)
            .map_err(|error| HostError::Failed(format!("cannot read {}: {error}", self.directory.display())))?;
        Ok(status.is_some_and(|status| status.protocol != PROTOCOL || status.is_running()))
    }

    /// Does something with an init that serves, waking it again where it fell asleep in between.
    async fn with_init<T, F, A>(&self, act: A) -> Result<T, HostError>
    where
        F: Future<Output = Result<T, HostError>>,
        A: Fn() -> F,
    {
        let mut tries = 0;
        loop {
            self.wake().await?;
            tries += 1;
            match act().await {
                Err(HostError::Gone(_) | HostError::Unreachable(_)) if tries < TRIES => {
                    tokio::time::sleep(PAUSE * 2_u32.pow(tries - 1)).await;
                }
                Err(HostError::Gone(reason)) => return Err(HostError::Unreachable(reason)),
                other => return other,
            }
        }
    }
}

#[async_trait]
impl Host for ThisHost {
    async fn reach(&self) -> Result<Reached, HostError> {
        self.with_init(|| async { self.client().await_start().await }).await.map(|()| Reached::default())
    }

    fn stage_base(&self) -> PathBuf {
        match std::env::var_os(STAGE_VARIABLE) {
            Some(base) if Path::new(&base).is_absolute() => base.into(),
            _ => self.directory.join(Layout::STAGE),
        }
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.with_init(|| async { self.client().upload(file).await }).await
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        self.with_init(|| async { self.client().download(path, limit).await }).await
    }

    async fn run(&self, command: &Command) -> Result<Finished, HostError> {
        // Variables that are not UTF-8 cannot be passed on; no program that a plan names reads one.
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        self.with_init(|| async { self.client().run(command, Some(environment.clone())).await }).await
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        // Tearing a service down that never came to run here should start no init.
        if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(());
        }
        self.with_init(|| async { self.client().remove(path).await }).await
    }

    async fn release(&self) -> Result<(), HostError> {
        let this = self.clone();
        blocking(move || {
            let mut name = OsString::from(".gone-");
            name.push(this.directory.file_name().unwrap_or_default());
            let gone = this.directory.with_file_name(name);
            // An init that came after one that was killed does not know what that one left behind.
            let doomed = Doomed { id: &this.id, directory: &this.directory, gone: &gone, thoroughly: true };
            doomed.end().map_err(|stuck| {
                HostError::Failed(format!("cannot release this host: {}; {}", stuck.reason, stuck.hint))
            })
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, HostError> {
    tokio::task::spawn_blocking(act)
        .await
        .unwrap_or_else(|error| Err(HostError::Failed(format!("work on this host was cut off: {error}"))))
}
