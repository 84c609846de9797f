//! Replacing a host key from user data by one that only the machine knows.

use std::time::Duration;

use super::complaints::last_line;
use super::connection_ref::ConnectionRef;
use super::host_key::HostKey;
use super::remote_script::{RemoteScript, ScriptOutput, code};
use crate::provider::HostError;

/// The time limit of a step: a key is made within a second, but machines that are booting are busy.
const LIMIT: Duration = Duration::from_secs(120);

/// A step of the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RotationStep {
    /// Makes the new key, or returns the one that an earlier attempt made. It is not in use yet.
    Make,
    /// Replaces the old key by the new one, and makes sshd load it.
    Install,
}

/// Runs a step on the host. Safe to repeat. Returns the new key.
pub(super) async fn rotate(
    line: &ConnectionRef,
    step: RotationStep,
    place: &str,
    old: &HostKey,
) -> Result<HostKey, HostError> {
    let (word, old) = (if step == RotationStep::Make { "make" } else { "install" }, old.to_string());
    let question = RemoteScript {
        script: include_str!("scripts/rotate.sh"),
        words: &[word, &old],
        limit: LIMIT,
        ..RemoteScript::default()
    };
    let ScriptOutput { code, output, complaint } =
        question.ask(line).await.map_err(|unanswered| unanswered.error(place))?;
    match (code, HostKey::find(&String::from_utf8_lossy(&output))) {
        (0, Some(key)) => Ok(key),
        (code::AGAIN, _) => Err(HostError::unreachable(format!("{place}: {}", last_line(&complaint)))),
        _ => Err(HostError::failed(format!(
            "cannot replace the host key of {place}, which stood in its user data and must not stay: {}; it takes root or \
             passwordless sudo, and OpenSSH's server",
            last_line(&complaint)
        ))),
    }
}
