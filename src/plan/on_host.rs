//! What programs find on a host that is reached by SSH.

use serde::{Deserialize, Serialize};

/// Which programs of a service have the user's agent on the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardAgent {
    /// What the user's ssh configuration says of the host.
    #[default]
    Users,
    /// All of them.
    Always,
    /// None.
    Never,
    /// The boot program, and the others as the user's configuration says: cloudinit.d's `ssh -A`.
    Boot,
}

/// Which programs of a service have the environment of a login: what `/etc/profile` and `~/.bash_profile` export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginShell {
    /// All of them.
    #[default]
    Always,
    /// None: they have what `ssh HOST PROGRAM` gives.
    Never,
    /// Those that are not the boot program, as in cloudinit.d.
    Checks,
}

impl ForwardAgent {
    /// Whether a program has it, the boot program or another one; nothing where the user's configuration decides.
    pub fn of(self, boot: bool) -> Option<bool> {
        match self {
            Self::Users => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::Boot => boot.then_some(true),
        }
    }

    /// Whether some program has it whatever the user's configuration says.
    pub fn is_asked_for(self) -> bool {
        matches!(self, Self::Always | Self::Boot)
    }

    /// Whether the plan says nothing of it.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl LoginShell {
    /// Whether it is as where the plan says nothing of it.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
