//! An open connection, and the sessions over it.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

/// A reference to an open connection, for running ssh.
#[derive(Clone, Debug)]
pub(super) struct ConnectionRef {
    /// The connection's control socket.
    pub(super) socket: PathBuf,
    /// The host's configuration file.
    pub(super) config: PathBuf,
    /// The host's name in that file.
    pub(super) address: String,
}

/// Whether the agent is forwarded to a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Agent {
    /// The agent is not forwarded.
    #[default]
    Kept,
    /// The agent is forwarded.
    Forwarded,
    /// The user's configuration decides.
    Users,
}

impl ConnectionRef {
    /// Returns whether the user's configuration forwards the agent to this host.
    pub(super) async fn forwards(&self) -> bool {
        let mut ssh = Command::new("ssh");
        ssh.arg("-G").arg("-F").arg(&self.config).args(["--", &self.address]).stdin(Stdio::null()).kill_on_drop(true);
        let settings = ssh.output().await.map(|output| output.stdout).unwrap_or_default();
        let settings = String::from_utf8_lossy(&settings).into_owned();
        settings.lines().any(|line| line.strip_prefix("forwardagent ").is_some_and(|value| value != "no"))
    }

    /// Returns ssh for one session of this connection, with a terminal or without; a command may follow.
    pub(super) fn session(&self, terminal: bool, agent: Agent) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(&self.config).arg("-S").arg(&self.socket).arg(if terminal { "-t" } else { "-T" });
        match agent {
            Agent::Kept => ssh.arg("-a"),
            Agent::Forwarded => ssh.arg("-A"),
            Agent::Users => &mut ssh,
        };
        // Over this connection only.
        ssh.args(["-o", "ControlMaster=no", "-o", "ProxyCommand=false", "--", &self.address]);
        ssh
    }

    /// Returns whether the connection accepts sessions.
    pub(super) fn is_up(&self) -> bool {
        UnixStream::connect(&self.socket).is_ok()
    }
}
