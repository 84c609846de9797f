//! An instance of the local cloud, as a host.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use super::client::Client;
use super::protocol::Layout;
use crate::engine::{Command, Finished, Host, HostError, Reached, Upload};

/// Where cloudinit.d makes its stage directories on a machine.
const STAGE_BASE: &str = "/tmp/nimbusready";

/// The pauses between two looks at an instance that is coming up: it takes some 10 ms, rarely more.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// An instance of the local cloud, as a host.
#[derive(Clone, Debug)]
pub struct LocalHost {
    directory: PathBuf,
    name: String,
    isolated: bool,
}

impl LocalHost {
    /// The instance `id` whose files are in `directory`; `isolated` if it has namespaces of its own.
    pub(crate) fn new(directory: PathBuf, id: &str, isolated: bool) -> Self {
        Self { directory, name: format!("instance {id}"), isolated }
    }

    fn client(&self) -> Client<'_> {
        Client { directory: &self.directory, name: &self.name }
    }
}

#[async_trait]
impl Host for LocalHost {
    async fn reach(&self) -> Result<Reached, HostError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.client().await_start().await {
                Err(HostError::Unreachable(_)) => {}
                other => return other.map(|()| Reached::default()),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn stage_base(&self) -> PathBuf {
        if self.isolated { PathBuf::from(STAGE_BASE) } else { self.directory.join(Layout::STAGE) }
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.client().upload(file).await
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        self.client().download(path, limit).await
    }

    async fn run(&self, command: &Command) -> Result<Finished, HostError> {
        self.client().run(command, None).await
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        self.client().remove(path).await
    }

    /// Nothing: the instance is terminated, and everything that ran on it ends with it.
    async fn release(&self) -> Result<(), HostError> {
        Ok(())
    }
}
