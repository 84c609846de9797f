//! `hoist plan terminate`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::certify::certify;
use super::conclude::conclude;
use super::drive::Drive;
use crate::app::plan::{TerminateRequest, Terminated, terminate};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::completions::run_names;
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::cli::runtime::block_on;
use crate::report::{TerminationErrorView, TerminationsDocument};

/// Bring runs down, last level first, and prove that nothing is left
///
/// Each service's terminate program runs once where its boot program had begun, then its machine goes. Where the
/// program fails, cannot start or does not reach its host, that machine and the levels below it are kept, exit code 3,
/// unless --force is given or the plan says `on_failure = "continue"`. At the end the clouds are asked once more, also
/// for machines that no record knows. Safe to repeat at any time: of a run that has ended the clouds are asked again,
/// and a machine that appeared since is ended.
///
/// On a terminal it shows what it will do and asks, unless --yes; off a terminal, and with --no-input, it acts.
#[derive(Args, Debug)]
pub(in crate::cli) struct Terminate {
    /// The names of the runs
    #[arg(value_name = "RUN", required = true, add = ArgValueCompleter::new(run_names))]
    runs: Vec<String>,

    /// End machines although their terminate programs fail or cannot start
    #[arg(long)]
    force: bool,
    /// Give up what lies on the host of SERVICE, which is gone or re-keyed for good: its terminate program does not run
    /// and what was put there stays, while a cloud ends its own machine all the same; may be repeated
    #[arg(long, value_name = "SERVICE")]
    abandon: Vec<String>,

    #[command(flatten)]
    drive: Drive,
}

impl Terminate {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if !self.abandon.is_empty() && self.runs.len() > 1 {
            let message = "--abandon names services of one run, and several runs are given";
            return Err(CommandError::with_exit(Exit::Usage, message).hint("terminate that run by itself"));
        }
        if let [name] = self.runs.as_slice() {
            return self.terminate(context, name);
        }
        context.gather();
        let result = self.each(context);
        if let Some(runs) = context.gathered() {
            context.print_json(&TerminationsDocument::new(runs))?;
        }
        result
    }

    /// Terminates several runs; results are shown even if a signal ends the command.
    fn each(&self, context: &Context) -> CommandResult {
        let mut worst = Exit::Done;
        for name in &self.runs {
            match self.terminate(context, name) {
                Ok(Exit::Done) => {}
                Ok(exit @ (Exit::Interrupted | Exit::Terminated)) => return Ok(exit),
                Ok(exit) => worst = worse(worst, exit),
                // An inaccessible run does not keep the others alive.
                Err(error) => {
                    context.say(&format!("{name}: {}", error.message));
                    error.hints.iter().for_each(|hint| context.say(&format!("  try: {hint}")));
                    if context.wants_json() {
                        let is_event = context.output == Output::Jsonl;
                        let (message, hints) = (&error.message, &error.hints);
                        context.print_json(&TerminationErrorView::new(name, message, hints, is_event))?;
                    }
                    worst = worse(worst, error.exit);
                }
            }
        }
        Ok(worst)
    }

    fn terminate(&self, context: &Context, name: &str) -> CommandResult {
        let drive = self.drive.options();
        let request = TerminateRequest { name, force: self.force, abandon: &self.abandon, drive: &drive };
        match block_on(terminate(context.operation(), request))?? {
            Terminated::Driven(outcome) => conclude(context, &outcome),
            Terminated::AskedAgain(ended) => certify(context, &ended),
            Terminated::Declined => Ok(Exit::Failed),
        }
    }
}

/// Returns the more important of two exit codes; remaining resources, which cost money, come first.
fn worse(one: Exit, other: Exit) -> Exit {
    let weight = |exit: &Exit| match exit {
        Exit::Remains => 2,
        Exit::Done => 0,
        _ => 1,
    };
    // Of two equal weights, the later one is returned.
    std::cmp::max_by_key(one, other, weight)
}
