//! Options for instances that run a pilot of the user's own.

use clap::Args;

/// What hoist knows of a pilot.
#[derive(Args, Debug, Clone)]
pub(super) struct PilotOptions {
    /// The command that drains an instance with a pilot: a program and its arguments, quoted as for a shell, which none
    /// reads. It runs on the instance, as root on AWS, when that is drained and before the lease ends; when it ends,
    /// the instance does
    #[arg(long, value_name = "COMMAND", value_hint = clap::ValueHint::CommandString)]
    pub(super) drain_command: Option<String>,

    /// How long that may take; so long before the end of the lease it is run [default: 10m]
    #[arg(long, value_name = "DURATION", requires = "drain_command")]
    pub(super) drain_limit: Option<String>,

    /// A log of the pilot's on the instances, which `annex logs` shows (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) pilot_log: Vec<String>,
}

impl PilotOptions {
    /// Returns those that are given, by their names.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let given = [("--drain-command", self.drain_command.is_some()), ("--pilot-log", !self.pilot_log.is_empty())];
        given.into_iter().filter(|(_, given)| *given).map(|(option, _)| option).collect()
    }
}
