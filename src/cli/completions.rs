//! `hoist completions`

use clap::{Args, ValueEnum};
use clap_complete::CompletionCandidate;
use clap_complete::env::Shells;

use super::context::Context;
use crate::app::{CommandError, CommandResult, Exit};
use crate::state::StateFile;
use crate::template::SYSTEMS;

/// Print the completion script for a shell
///
/// The script asks hoist itself, so it also completes the names of runs and annexes.
///
///   bash: hoist completions bash > ~/.local/share/bash-completion/completions/hoist
///   zsh:  hoist completions zsh > ~/.zfunc/_hoist
///   fish: hoist completions fish > ~/.config/fish/completions/hoist.fish
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

impl Completions {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = match self.shell {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
            Shell::Elvish => "elvish",
            Shell::Powershell => "powershell",
        };
        context.print(&script(name).map_err(CommandError::new)?)?;
        Ok(Exit::Done)
    }
}

/// Returns the completion script for the shell of this name.
pub fn script(shell: &str) -> Result<String, String> {
    let shells = Shells::builtins();
    let completer = shells.completer(shell).ok_or_else(|| format!("there are no completions for {shell}"))?;
    let mut script = Vec::new();
    completer
        .write_registration("COMPLETE", "hoist", "hoist", "hoist", &mut script)
        .map_err(|error| format!("cannot write the completions for {shell}: {error}"))?;
    String::from_utf8(script).map_err(|error| error.to_string())
}

/// Completes the names of recorded runs.
pub(super) fn run_names(typed: &std::ffi::OsStr) -> Vec<CompletionCandidate> {
    beginning_with(typed, StateFile::names(&super::context::default_state_file(), true))
}

/// Completes the names of living annexes.
pub(super) fn annex_names(typed: &std::ffi::OsStr) -> Vec<CompletionCandidate> {
    beginning_with(typed, StateFile::annex_names(&super::context::default_state_file(), false))
}

/// Completes the names of fleets that have not ended.
pub(super) fn fleet_names(typed: &std::ffi::OsStr) -> Vec<CompletionCandidate> {
    beginning_with(typed, StateFile::fleet_names(&super::context::default_state_file(), false))
}

/// Completes the names of operating systems for machines.
pub(super) fn system_names(typed: &std::ffi::OsStr) -> Vec<CompletionCandidate> {
    beginning_with(typed, SYSTEMS.iter().map(|word| (*word).to_owned()).collect())
}

fn beginning_with(typed: &std::ffi::OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names.into_iter().filter(|name| name.starts_with(typed.as_ref())).map(CompletionCandidate::new).collect()
}
