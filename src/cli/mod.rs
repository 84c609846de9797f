//! The command line: one command per file, exit codes, and the composition of all other modules.

mod annex;
mod args;
mod completions;
mod context;
mod doctor;
mod elastic;
mod global;
mod help;
mod image;
mod name_value;
mod notation;
mod older_than;
mod orphans;
mod plan;
mod refused;
mod runtime;
mod signals;
mod terminal;
mod userdata;
mod wizard;
mod worker;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

pub use crate::app::{CommandError, CommandResult, Exit};
pub use args::Cli;
pub use completions::script as completion_script;

use crate::app::Interaction as _;
use args::TopCommand;
use context::Context;

/// Runs one command line; may be called several times in a process.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    signals::survive_size_limits();
    CompleteEnv::with_factory(Cli::command).complete();
    match Cli::try_parse_from(help::asked(args.into_iter().collect(), Cli::command)) {
        Ok(cli) => execute(cli).into(),
        Err(error) => {
            let error = help::of_negative(error);
            // Help and version are data; everything else is a message. A closed stream is not an error.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
        }
    }
}

fn execute(cli: Cli) -> Exit {
    let context = Context::new(cli.global);
    let result = match cli.command {
        TopCommand::Plan(command) => command.run(&context),
        TopCommand::Annex(command) => command.run(&context),
        TopCommand::Elastic(command) => command.run(&context),
        TopCommand::Worker(command) => command.run(&context),
        TopCommand::Wizard(command) => command.run(&context),
        TopCommand::Image(command) => command.run(&context),
        TopCommand::Userdata(command) => command.run(&context),
        TopCommand::Orphans(command) => command.run(&context),
        TopCommand::Doctor(command) => command.run(&context),
        TopCommand::Completions(command) => command.run(&context),
        TopCommand::Help(command) => command.run(Cli::command()),
    };
    result.unwrap_or_else(|error| {
        let style = context.message_style;
        let mut lines = error.message.lines();
        context.say(&format!("{} {}", style.bad("hoist:"), lines.next().unwrap_or_default()));
        lines.for_each(|line| context.say(&format!("  {line}")));
        for hint in &error.hints {
            context.say(&format!("  {} {}", style.dim("try:"), context.for_this_state(hint)));
        }
        error.exit
    })
}
