//! Waiting for cloud-init on a host, and its outcome.

use std::time::Duration;

use serde::Deserialize;
use std::collections::BTreeMap;

use super::complaints::last_line;
use super::remote_script::{RemoteScript, ScriptOutput};

/// The time limit of one request: cloud-init may take as long as its user data does, and callers that wait for the host
/// have their own limit.
const LIMIT: Duration = Duration::from_secs(24 * 3600);

/// The maximum number of cloud-init's messages in an error.
const TOLD: usize = 3;

/// Separators of the parts of the script's answer.
const LOG: &str = "\n#hoist-log\n";

/// Returns the script that waits for cloud-init.
pub(super) fn question(machine: bool) -> RemoteScript<'static> {
    let words: &[&str] = if machine { &["machine"] } else { &["host"] };
    RemoteScript { script: include_str!("scripts/cloud_init.sh"), words, limit: LIMIT, ..RemoteScript::default() }
}

/// The outcome of cloud-init.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It succeeded, or does not run on this host.
    Done,
    /// It finished, with warnings.
    Degraded(String),
    /// It failed: the reason, and the end of its log.
    Failed(String),
}

/// The relevant fields of `cloud-init status --format json`; older versions have fewer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CloudInitStatus {
    status: String,
    extended_status: String,
    errors: Vec<String>,
    recoverable_errors: BTreeMap<String, Vec<String>>,
    detail: String,
}

/// Parses the script's answer.
pub(super) fn verdict(answer: &ScriptOutput) -> Verdict {
    let text = String::from_utf8_lossy(&answer.output);
    let (status, log) = text.split_once(LOG).unwrap_or((&text, ""));
    if status.trim().is_empty() {
        return Verdict::Done;
    }
    // Some versions with `--wait` print dots first.
    let json = status.find('{').and_then(|at| serde_json::from_str::<CloudInitStatus>(&status[at..]).ok());
    let status = json.unwrap_or_else(|| older(status));
    let all = format!("{} {}", status.status, status.extended_status);
    if all.contains("error") {
        let reasons = if status.errors.is_empty() { vec![status.detail] } else { status.errors };
        let mut reason = some(&reasons);
        if !log.trim().is_empty() {
            reason.push_str("; its log ends:\n");
            reason.push_str(log.trim_end());
        }
        return Verdict::Failed(reason);
    }
    if all.contains("degraded") || answer.code == 2 {
        let warnings: Vec<String> = status
            .recoverable_errors
            .iter()
            .flat_map(|(kind, texts)| texts.iter().map(move |text| format!("{kind}: {text}")))
            .collect();
        return Verdict::Degraded(some(&warnings));
    }
    if all.trim().is_empty() {
        return Verdict::Degraded(format!("its status cannot be read: {}", last_line(&answer.complaint)));
    }
    Verdict::Done
}

/// Parses the output of versions before 22.4: `status: done`, and `detail:` with its lines.
fn older(text: &str) -> CloudInitStatus {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.trim_start_matches('.').strip_prefix(name));
        line.map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    let detail = text.split_once("detail:").map(|(_, detail)| detail.trim().to_owned()).unwrap_or_default();
    CloudInitStatus {
        status: field("status:"),
        extended_status: field("extended_status:"),
        detail,
        ..CloudInitStatus::default()
    }
}

/// Joins the first [`TOLD`] messages.
fn some(messages: &[String]) -> String {
    let mut text = messages.iter().take(TOLD).map(|message| message.trim()).collect::<Vec<_>>().join("; ");
    if messages.len() > TOLD {
        text.push_str(&format!("; and {} more", messages.len() - TOLD));
    }
    if text.is_empty() { "it gives no reason".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str, code: i32) -> Verdict {
        verdict(&ScriptOutput { code, output: output.as_bytes().to_vec(), complaint: String::new() })
    }

    #[test]
    fn every_version_is_understood() {
        // No cloud-init; 22.4; 23.4 and later, degraded; 21.4 without JSON.
        assert_eq!(read("", 0), Verdict::Done);
        assert_eq!(read(r#"{"status": "done", "errors": []}"#, 0), Verdict::Done);
        assert_eq!(read(r#"....{"status": "disabled", "errors": []}"#, 0), Verdict::Done);
        let degraded = r#"{"status": "done", "extended_status": "degraded done", "errors": [],
            "recoverable_errors": {"WARNING": ["a", "b"], "DEPRECATED": ["c", "d"]}}"#;
        let told = "DEPRECATED: c; DEPRECATED: d; WARNING: a; and 1 more";
        assert_eq!(read(degraded, 2), Verdict::Degraded(told.to_owned()));
        assert_eq!(read("....\nstatus: done\ntime: Thu\ndetail:\nDataSourceEc2\n", 0), Verdict::Done);
    }

    #[test]
    fn failures_come_with_their_reasons() {
        let failed = "{\"status\": \"error\", \"errors\": [\"runcmd failed\"]}\n#hoist-log\nline 1\nline 2\n";
        assert_eq!(read(failed, 1), Verdict::Failed("runcmd failed; its log ends:\nline 1\nline 2".to_owned()));
        let older = ".......\nstatus: error\ntime: Thu\ndetail:\n('ssh', KeyError())\n";
        assert_eq!(read(older, 1), Verdict::Failed("('ssh', KeyError())".to_owned()));
    }
}
