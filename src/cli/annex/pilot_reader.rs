//! Reading of the options for instances that run a pilot.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::option_reader::OptionReader;
use super::options::SoftwareArg;
use crate::annex::Pilot;
use crate::app::annex::{longest_lease, now};
use crate::diagnostics::Diagnostic;
use crate::plan::Lease;

/// How long draining may take unless the user says it.
const DRAIN_LIMIT: Duration = Duration::from_secs(600);

impl OptionReader<'_> {
    /// Returns the pilot of the instances.
    pub(super) fn pilot(&mut self) -> Pilot {
        let options = self.options;
        if options.user_data.is_none() {
            let message = "--pool-software pilot: --user-data is missing, which brings the pilot";
            self.diagnostics.push(Diagnostic::usage(message));
        }
        let command = options.pilot.drain_command.as_deref().map(words);
        let drain_command = command.and_then(|command| self.keep(command)).unwrap_or_default();
        let logs = logs(&options.pilot.pilot_log);
        let logs = self.keep(logs).unwrap_or_default();
        let limit = options.pilot.drain_limit.as_deref().map_or(Ok(DRAIN_LIMIT), limit);
        let limit = self.keep(limit).unwrap_or(DRAIN_LIMIT);
        let drain_seconds = u32::try_from(limit.as_secs()).unwrap_or(u32::MAX);
        let pilot = Pilot { drain_command, drain_seconds, logs };
        let began = now();
        let end = options.lease.meant().and_then(|lease| lease.end(began, longest_lease()));
        let lead = SignedDuration::from_secs(pilot.lead().into());
        if pilot.drains() && end.is_ok_and(|end| end.duration_since(began) <= lead) {
            let message = "--drain-limit: instances would drain from the beginning, since they begin that long and a minute \
                           before the lease ends";
            self.diagnostics.push(Diagnostic::usage(message).hint("a longer --lease, or a shorter --drain-limit"));
        }
        pilot
    }

    /// Reports options of pilots where there is none.
    pub(super) fn refuse_pilot_options(&mut self) {
        let given = self.options.pilot.given();
        if !given.is_empty() && self.options.pool_software != SoftwareArg::Pilot {
            let message = format!("{} would do nothing without --pool-software pilot", given.join(", "));
            self.diagnostics.push(Diagnostic::usage(message));
        }
    }
}

/// Splits a command into its program and arguments.
fn words(text: &str) -> Result<Vec<String>, Diagnostic> {
    let wrong = |why: &str| {
        let message = format!("--drain-command: \"{}\" {why}", text.escape_debug());
        Diagnostic::usage(message).hint("a program and its arguments: \"/opt/pilot/stop --wait\"")
    };
    if text.chars().any(char::is_control) {
        return Err(wrong("has a control character"));
    }
    let words = shlex::split(text).ok_or_else(|| wrong("has a quote without its end"))?;
    if words.first().is_none_or(|program| program.is_empty() || program.starts_with('-')) {
        return Err(wrong("names no program"));
    }
    Ok(words)
}

/// Checks the logs, which are stored by their file names.
fn logs(files: &[String]) -> Result<Vec<String>, Diagnostic> {
    let mut names = BTreeSet::new();
    for file in files {
        let wrong = |why: &str| Diagnostic::usage(format!("--pilot-log: \"{}\" {why}", file.escape_debug()));
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.is_empty() || file.ends_with('/') || file.starts_with('-') || file.chars().any(char::is_control) {
            return Err(wrong("is no file"));
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            return Err(wrong("has a name that is not of letters, digits and . _ -"));
        }
        if !names.insert(name) {
            return Err(wrong("has the name of another one"));
        }
    }
    Ok(files.to_vec())
}

fn limit(text: &str) -> Result<Duration, Diagnostic> {
    match text.parse() {
        Ok(Lease::For(limit)) if limit.as_secs() > 0 && limit.as_secs() < 1 << 24 => Ok(limit),
        _ => {
            let message = format!("--drain-limit: \"{}\" is no length; write 10m or 2h", text.escape_debug());
            Err(Diagnostic::usage(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_words_that_no_shell_reads() {
        assert_eq!(words("/opt/stop --wait 'a b' \"$(id)\"").unwrap(), ["/opt/stop", "--wait", "a b", "$(id)"]);
        for wrong in ["", "  ", "'open", "''", "-v", "a\nb"] {
            assert!(words(wrong).unwrap_err().message.contains("--drain-command"), "{wrong}");
        }
    }

    #[test]
    fn logs_have_names_of_their_own() {
        let all = |files: &[&str]| logs(&files.iter().map(|&file| file.to_owned()).collect::<Vec<_>>());
        assert_eq!(all(&["log/pilot.log", "/var/log/StartLog"]).unwrap().len(), 2);
        for wrong in [&["a", "b/a"][..], &[""], &["a/"], &["-a"], &["a\n"], &["a/.."], &["a$b"]] {
            assert!(all(wrong).is_err(), "{wrong:?}");
        }
    }
}
