//! A session on a host for somebody at a terminal.

use tokio::process::{Child, Command};

use super::connection_pool::PooledSession;
use super::connection_ref::{Agent, ConnectionRef};
use super::host::SshHost;
use super::remote_script::quoted;
use crate::provider::HostError;

/// A session with the terminal of the caller, over a connection that stays open as long as this.
pub struct TerminalSession {
    _lease: PooledSession,
    line: ConnectionRef,
    place: String,
}

impl SshHost {
    /// Opens the connection to the host for a session, verifying the host's key.
    pub async fn terminal(&self) -> Result<TerminalSession, HostError> {
        let lease = self.lease().await?;
        let line = self.opener.dialer.line(lease.session()?);
        Ok(TerminalSession { line, place: self.target.place(), _lease: lease })
    }
}

impl TerminalSession {
    /// Starts this command on the host, word for word, or a login shell where there is none, with the input and the
    /// outputs of this process; `interactive`: with a terminal there. The exit code of the process is the command's.
    pub fn start(&self, argv: &[String], interactive: bool) -> Result<Child, HostError> {
        let failed = |error: std::io::Error| HostError::failed(format!("cannot run ssh: {error}"));
        self.command(argv, interactive).kill_on_drop(true).spawn().map_err(failed)
    }

    /// Returns the error of a session that ended with ssh's own exit code, if the connection is gone.
    pub fn broken(&self) -> Option<HostError> {
        (!self.line.is_up()).then(|| HostError::unreachable(format!("the connection to {} broke", self.place)))
    }

    fn command(&self, argv: &[String], interactive: bool) -> Command {
        let mut ssh = self.line.session(interactive, Agent::Kept);
        if !argv.is_empty() {
            ssh.arg(argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "));
        }
        ssh
    }
}
