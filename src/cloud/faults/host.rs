//! A host with scripted faults.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::fault::{Fate, FaultScript};
use crate::provider::{Command, CompletedProcess, Content, Done, Host, HostError, HostReady, Task, Upload};

/// A host with scripted faults.
pub(super) struct FaultyHost {
    inner: Arc<dyn Host>,
    service: String,
    launched_at: Option<Timestamp>,
    script: Arc<FaultScript>,
}

impl FaultyHost {
    /// Wraps `inner`, the host of `service`, with the faults of `script`.
    pub(super) fn new(
        inner: Arc<dyn Host>,
        service: String,
        launched_at: Option<Timestamp>,
        script: Arc<FaultScript>,
    ) -> Self {
        Self { inner, service, launched_at, script }
    }

    fn answer(&self) -> Result<(), HostError> {
        match self.script.silence(&self.service, true) {
            Some(_) => Err(HostError::unreachable(format!("the host of {} does not answer (rehearsed)", self.service))),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Host for FaultyHost {
    async fn reach(&self) -> Result<HostReady, HostError> {
        let slow = self.script.slow_start(&self.service);
        if let (Some(delay), Some(launched_at)) = (slow, self.launched_at)
            && let Some(left) = self.script.left_of(delay, launched_at)
        {
            tokio::time::sleep(left).await;
        }
        if let Some(left) = self.script.silence(&self.service, false) {
            tokio::time::sleep(left).await;
        }
        self.inner.reach().await
    }

    fn stage_base(&self) -> PathBuf {
        self.inner.stage_base()
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.answer()?;
        self.inner.upload(file).await
    }

    async fn put(&self, path: &Path, content: &Content, mode: u32) -> Result<(), HostError> {
        self.answer()?;
        self.inner.put(path, content, mode).await
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        self.answer()?;
        self.inner.download(path, limit).await
    }

    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError> {
        self.answer()?;
        match self.script.fate(&self.service, &command.key) {
            None => self.inner.run(command).await,
            Some(Fate::Fails(finished)) => Ok(finished),
            Some(Fate::Hangs) => {
                // Runs a program that really hangs, so that the usual time limit applies.
                let mut hanging = command.clone();
                hanging.argv = vec!["sleep".to_owned(), u32::MAX.to_string()];
                self.inner.run(&hanging).await
            }
        }
    }

    async fn carry_out(&self, task: &Task) -> Result<Done, HostError> {
        match self.script.fate(&self.service, &task.key) {
            None => {
                self.answer()?;
                self.inner.carry_out(task).await
            }
            // The files are written even for a program that is not run.
            Some(_) => task.in_steps(self).await,
        }
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        self.answer()?;
        self.inner.remove(path).await
    }

    async fn release(&self) -> Result<(), HostError> {
        self.inner.release().await
    }

    async fn leave(&self, stage: &Path) -> Result<(), HostError> {
        self.answer()?;
        self.inner.leave(stage).await
    }
}
