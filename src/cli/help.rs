//! `hoist help`

use std::ffi::OsString;

use crate::app::{CommandResult, Exit};
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Args, Command};

/// Show the help of a command: `hoist help plan boot`
#[derive(Args, Debug)]
pub(super) struct Help {
    /// The command; without one, the help of hoist itself
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Help {
    /// Shows the help from the definition of the whole command line.
    pub(super) fn run(&self, whole: Command) -> CommandResult {
        let words = std::iter::once("hoist").chain(self.command.iter().map(String::as_str)).chain(["--help"]);
        match whole.try_get_matches_from(words) {
            // Only an unknown command gets this far.
            Ok(_) => Ok(Exit::Done),
            Err(error) => {
                // Help is data; everything else is a message. A closed stream is not an error.
                let _ = error.print();
                Ok(if error.use_stderr() { Exit::Usage } else { Exit::Done })
            }
        }
    }
}

/// Rewrites `hoist GROUP help COMMAND` in the arguments to `hoist help GROUP COMMAND`.
pub(super) fn asked(mut args: Vec<OsString>, whole: impl Fn() -> Command) -> Vec<OsString> {
    let is_group = |name: &OsString| {
        name.to_str().and_then(|name| whole().find_subcommand(name).map(|it| it.has_subcommands())) == Some(true)
    };
    if args.get(2).is_some_and(|word| word == "help") && args.get(1).is_some_and(is_group) {
        args.swap(1, 2);
    }
    args
}

/// Tells of a negative number, which is taken for an option, what is right in the place of how it would be a word.
pub(super) fn of_negative(mut error: Error) -> Error {
    let is_negative =
        |word: &str| word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let word = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => word,
        _ => return error,
    };
    if is_negative(word) {
        let tip = "numbers, lengths and amounts are not negative: without the minus";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}
