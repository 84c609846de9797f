//! An instance of the local cloud, as a host.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use super::client::Client;
use super::protocol::InstanceLayout;
use super::resource_shortage;
use crate::provider::{Command, CompletedProcess, Content, Done, Host, HostError, HostReady, Task, Upload};
use crate::retry::{Pauses, poll};

/// The directory in which cloudinit.d makes its stage directories on a machine.
const STAGE_BASE: &str = "/tmp/nimbusready";

/// The subdirectories of the instance's directory that programs need.
const PLACES: [&str; 3] = [InstanceLayout::RUNS, InstanceLayout::TMP, InstanceLayout::VAR_TMP];

/// The first and the longest interval of the checks on an instance that is starting, which takes some 10 ms, rarely
/// more.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// An instance of the local cloud, as a host.
#[derive(Clone, Debug)]
pub struct LocalHost {
    id: String,
    directory: PathBuf,
    begun: PathBuf,
    name: String,
    isolated: bool,
}

impl LocalHost {
    /// Creates the host for the instance `id`, with its files in `directory` and its record in `begun`. `isolated`
    /// tells whether it has its own namespaces.
    pub(crate) fn new(directory: PathBuf, begun: PathBuf, id: &str, isolated: bool) -> Self {
        Self { id: id.to_owned(), directory, begun, name: format!("instance {id}"), isolated }
    }

    fn client(&self) -> Client<'_> {
        let Self { id, directory, begun, name, .. } = self;
        Client { id, directory, begun, places: &PLACES, name }
    }
}

#[async_trait]
impl Host for LocalHost {
    async fn reach(&self) -> Result<HostReady, HostError> {
        let begin = || async {
            match self.client().await_start().await {
                Err(HostError::Unreachable(_)) => None,
                other => Some(other.map(|()| HostReady::default()).map_err(resource_shortage::marked)),
            }
        };
        poll(Pauses::growing(FIRST_PAUSE, LONGEST_PAUSE), begin).await
    }

    fn stage_base(&self) -> PathBuf {
        if self.isolated { PathBuf::from(STAGE_BASE) } else { self.directory.join(InstanceLayout::STAGE) }
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.put(&file.path, &Content::Bytes(file.content.clone()), file.mode).await
    }

    async fn put(&self, path: &Path, content: &Content, mode: u32) -> Result<(), HostError> {
        self.client().put(path, content, mode).await
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        self.client().download(path, limit).await
    }

    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError> {
        self.client().run(command, None).await
    }

    async fn carry_out(&self, task: &Task) -> Result<Done, HostError> {
        task.in_steps(self).await.map_err(resource_shortage::marked)
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        self.client().remove(path).await
    }

    /// Does nothing: terminating the instance ends everything that ran on it.
    async fn release(&self) -> Result<(), HostError> {
        Ok(())
    }
}
