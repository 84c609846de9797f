//! `hoist plan terminate`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::Drive;
use super::session::{Done, Session, existing};
use crate::cli::completions::run_names;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};

use crate::report::count;

/// Bring runs down, last level first, and prove that nothing is left
///
/// Each service's terminate program runs, then its machine goes. At the end the clouds are asked once more, also for
/// machines that no record knows. Safe to repeat at any time.
#[derive(Args, Debug)]
pub(in crate::cli) struct Terminate {
    /// The names of the runs
    #[arg(value_name = "RUN", required = true, add = ArgValueCompleter::new(run_names))]
    runs: Vec<String>,

    #[command(flatten)]
    drive: Drive,
}

impl Terminate {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let mut worst = Exit::Done;
        for name in &self.runs {
            match self.terminate(context, name) {
                Ok(Exit::Done) => {}
                Ok(exit @ (Exit::Interrupted | Exit::Terminated)) => return Ok(exit),
                Ok(exit) => worst = exit,
                // One run that cannot be had does not keep the others alive.
                Err(error) if self.runs.len() > 1 => {
                    context.say(&format!("{name}: {}", error.message));
                    error.hints.iter().for_each(|hint| context.say(&format!("  try: {hint}")));
                    worst = error.exit;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(worst)
    }

    fn terminate(&self, context: &Context, name: &str) -> Result<Exit, CommandError> {
        if context.state_with(name)?.find(name)?.ended_at.is_some() {
            // Safe to repeat: what is wanted is so.
            return Done::before(existing(context, name)?.run).conclude(context);
        }
        let session = Session::open(context, name, &self.drive)?;
        let summary = session.run.summary();
        context.tell(&format!(
            "terminating {}: {}, {}",
            context.message_style.bold(name),
            count(summary.services, "service"),
            count(summary.instances, "instance")
        ));
        session.drive(|driver| driver.lower())?.conclude(context)
    }
}
