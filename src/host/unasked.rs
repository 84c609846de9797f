//! A host that nothing is asked of: the machine of a service without programs, which need not let anybody in.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::engine::{Command, Finished, Host, HostError, Reached, Upload};

/// The machine of a service without programs. That it runs is all that there is to know.
pub struct Unasked;

impl Unasked {
    fn refuse<T>() -> Result<T, HostError> {
        Err(HostError::Failed("this machine is not connected to: its service has no programs".to_owned()))
    }
}

#[async_trait]
impl Host for Unasked {
    async fn reach(&self) -> Result<Reached, HostError> {
        Ok(Reached::default())
    }

    fn stage_base(&self) -> PathBuf {
        PathBuf::from("/")
    }

    async fn upload(&self, _: &Upload) -> Result<(), HostError> {
        Self::refuse()
    }

    async fn download(&self, _: &Path, _: usize) -> Result<Option<Vec<u8>>, HostError> {
        Self::refuse()
    }

    async fn run(&self, _: &Command) -> Result<Finished, HostError> {
        Self::refuse()
    }

    async fn remove(&self, _: &Path) -> Result<(), HostError> {
        Self::refuse()
    }

    async fn release(&self) -> Result<(), HostError> {
        Ok(())
    }
}
