//! Settings of a plan for programs on hosts reached by SSH.

use serde::Serialize;

use crate::plan::{ForwardAgent, LoginShell, RunOn, Service};

/// Which programs have the user's agent, as plans say it.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ForwardAgentView {
    /// All of them, or none.
    Flag(bool),
    /// The boot program: `boot`.
    Word(&'static str),
}

/// Which programs have the environment of a login, as plans say it.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum LoginShellView {
    /// All of them, or none.
    Flag(bool),
    /// All but the boot program: `checks`.
    Word(&'static str),
}

impl ForwardAgentView {
    /// Returns the view of a value other than the default.
    pub(super) fn of(forward_agent: ForwardAgent) -> Option<Self> {
        match forward_agent {
            ForwardAgent::Users => None,
            ForwardAgent::Always => Some(Self::Flag(true)),
            ForwardAgent::Never => Some(Self::Flag(false)),
            ForwardAgent::Boot => Some(Self::Word("boot")),
        }
    }
}

impl LoginShellView {
    /// Returns the view of a value other than the default.
    pub(super) fn of(login_shell: LoginShell) -> Option<Self> {
        match login_shell {
            LoginShell::Always => None,
            LoginShell::Never => Some(Self::Flag(false)),
            LoginShell::Checks => Some(Self::Word("checks")),
        }
    }
}

/// Returns labels and texts for a person, for a service whose programs run on another host.
pub(super) fn rows(service: &Service) -> Vec<(String, String)> {
    if service.run_on == RunOn::ThisHost || service.programs.iter().next().is_none() {
        return Vec::new();
    }
    let agent = match service.ssh.forward_agent {
        ForwardAgent::Users => None,
        ForwardAgent::Always => Some("forwarded to all programs".to_owned()),
        ForwardAgent::Never => Some("forwarded to no program".to_owned()),
        ForwardAgent::Boot => Some("forwarded to the boot program".to_owned()),
    };
    let login = match service.ssh.login_shell {
        LoginShell::Always => None,
        LoginShell::Never => Some("no program has its environment".to_owned()),
        LoginShell::Checks => Some("all but the boot program have its environment".to_owned()),
    };
    let stage = service.ssh.stage.as_ref().map(|stage| stage.display().to_string());
    let given = [("agent", agent), ("login", login), ("stage", stage)];
    given.into_iter().filter_map(|(label, text)| Some((label.to_owned(), text?))).collect()
}
