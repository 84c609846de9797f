use clap::ValueEnum;

use crate::compat::Provider;

/// A notation of launch requests.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Notation {
    /// EC2's launch specification
    Ec2,
    /// The body of Google's instances.insert
    Gce,
}

impl Notation {
    pub(super) fn provider(self) -> Provider {
        match self {
            Self::Ec2 => Provider::Ec2,
            Self::Gce => Provider::Gce,
        }
    }
}
