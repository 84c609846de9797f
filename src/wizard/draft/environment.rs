//! The environment that answers are interpreted in, and from which defaults are derived.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::wizard::own_program::OwnProgram;

/// The part of the environment that answers depend on.
#[derive(Clone, Debug)]
pub struct DraftEnvironment {
    /// The current directory, absolute.
    pub directory: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// `EC2_URL`.
    pub ec2_url: Option<String>,
    /// The endpoint set by the environment for AWS's tools.
    pub endpoint: Option<String>,
    /// The region set by the environment or the profile.
    pub region: Option<String>,
    /// Whether EC2 is configured here.
    pub has_ec2: bool,
    /// What the running program needs of a machine; `None` if it is not known.
    pub program: Option<OwnProgram>,
    /// The current time.
    pub now: Timestamp,
}

impl DraftEnvironment {
    /// Returns the path that an answer names.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.directory.join(Path::new(text)),
        }
    }
}
