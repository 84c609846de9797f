//! The conditions for programs on a host reached by SSH.

use serde::{Deserialize, Serialize};

/// The programs of a service that have the user's agent on the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardAgent {
    /// As the user's ssh configuration says for the host.
    #[default]
    Users,
    /// All programs.
    Always,
    /// No programs.
    Never,
    /// The boot program, and the others as the user's configuration says: cloudinit.d's `ssh -A`.
    Boot,
}

/// The programs of a service that have a login environment: the exports of `/etc/profile` and `~/.bash_profile`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginShell {
    /// All programs.
    #[default]
    Always,
    /// No programs: they have the environment of `ssh HOST PROGRAM`.
    Never,
    /// All but the boot program, as in cloudinit.d.
    Checks,
}

impl ForwardAgent {
    /// Returns whether a program (`boot` or another one) has the agent, or `None` if the user's configuration decides.
    pub fn of(self, boot: bool) -> Option<bool> {
        match self {
            Self::Users => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::Boot => boot.then_some(true),
        }
    }

    /// Returns whether some program has the agent regardless of the user's configuration.
    pub fn is_asked_for(self) -> bool {
        matches!(self, Self::Always | Self::Boot)
    }

    /// Returns whether this is the default.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl LoginShell {
    /// Returns whether this is the default.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
