//! The only module that runs `ssh-keygen`.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::host_key::HostKey;

/// Generates an ed25519 key pair without a passphrase: `path`, readable by its owner only, and `path` with `.pub`.
pub(super) fn generate(path: &Path) -> io::Result<()> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "hoist", "-f"]).arg(path).stdin(Stdio::null());
    succeeded(&command.output().map_err(missing)?)
}

/// Returns the key's fingerprint in ssh's notation: `SHA256:…`.
pub(super) fn fingerprint(key: &HostKey) -> io::Result<String> {
    let mut child = Command::new("ssh-keygen")
        .args(["-l", "-E", "sha256", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(missing)?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{key}")?;
    }
    let output = child.wait_with_output()?;
    succeeded(&output)?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.split(' ')
        .find(|word| word.starts_with("SHA256:"))
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other(format!("ssh-keygen gave no fingerprint but: {}", text.trim())))
}

fn succeeded(output: &Output) -> io::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("ssh-keygen failed ({}): {}", output.status, said.trim())))
}

fn missing(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotFound => {
            io::Error::new(error.kind(), "there is no program ssh-keygen; install OpenSSH's client")
        }
        _ => error,
    }
}
