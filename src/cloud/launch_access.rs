//! How the machines of a run are reached, for the cloud that launches them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::host::ssh::RunKeys;

/// How the machines of a run are reached, and what was launched for it so far.
#[derive(Clone)]
pub struct LaunchAccess {
    /// Where the run's host keys are.
    pub keys: Arc<RunKeys>,
    /// The services whose machines are reached by SSH.
    pub by_ssh: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// The launches of the run so far.
    pub announced: Vec<Announcement>,
    /// When a recorded machine was asked for.
    pub launched_at: Arc<LaunchedAt>,
}

/// Tells when the instance of this id was launched.
pub type LaunchedAt = dyn Fn(&str) -> Option<Timestamp> + Send + Sync;

/// A launch that was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The run that it is for.
    pub run: String,
    /// Its token.
    pub token: String,
    /// Who launches.
    pub owner: String,
    /// How many instances it asks for.
    pub size: usize,
}
