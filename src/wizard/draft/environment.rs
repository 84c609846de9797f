//! What is here that answers are read with, and that defaults follow from.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// The part of the world that answers depend on.
#[derive(Clone, Debug)]
pub struct DraftEnvironment {
    /// The current directory, absolute.
    pub directory: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// `EC2_URL`.
    pub ec2_url: Option<String>,
    /// The endpoint that the environment sets for AWS's tools.
    pub endpoint: Option<String>,
    /// The region that the environment or the profile sets.
    pub region: Option<String>,
    /// Whether anything here says how to reach EC2.
    pub has_ec2: bool,
    /// The time.
    pub now: Timestamp,
}

impl DraftEnvironment {
    /// The path that an answer names.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.directory.join(Path::new(text)),
        }
    }
}
