//! What a plan says that programs find on hosts that are reached by SSH.

use serde_json::{Value, json};

use crate::plan::{ForwardAgent, LoginShell, RunOn, Service, SshConfig};

/// What of it is not as usual, as fields of JSON that say it as plans do.
pub(super) fn given(ssh: &SshConfig) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    if !ssh.forward_agent.is_usual() {
        let written = match ssh.forward_agent {
            ForwardAgent::Boot => json!("boot"),
            other => json!(other == ForwardAgent::Always),
        };
        fields.push(("forward_agent", written));
    }
    if !ssh.login_shell.is_usual() {
        let written = match ssh.login_shell {
            LoginShell::Checks => json!("checks"),
            other => json!(other == LoginShell::Always),
        };
        fields.push(("login_shell", written));
    }
    if let Some(stage) = &ssh.stage {
        fields.push(("stage", json!(stage)));
    }
    fields
}

/// The same for a person, where it has a meaning: labels and texts.
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
