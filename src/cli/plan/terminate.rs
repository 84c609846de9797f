//! `hoist plan terminate`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::consent::consent;
use super::drive::Drive;
use super::prerequisites::missing;
use super::session::{RunSession, block_on, illegal};
use super::terminate_ended::terminate_again;
use crate::cli::completions::run_names;
use crate::cli::context::Context;
use crate::cli::diagnostics::refuse;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::global::Output;
use crate::engine::{Driver, Forecast, Prerequisites, Run, survey};
use crate::plan::{OnFailure, RunOn, nearest};
use crate::report::{TerminationErrorView, TerminationsDocument, count};

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

    /// Terminates several runs; what was done is told also where a signal ends it.
    fn each(&self, context: &Context) -> CommandResult {
        let mut worst = Exit::Done;
        for name in &self.runs {
            match self.terminate(context, name) {
                Ok(Exit::Done) => {}
                Ok(exit @ (Exit::Interrupted | Exit::Terminated)) => return Ok(exit),
                Ok(exit) => worst = worse(worst, exit),
                // One run that cannot be had does not keep the others alive.
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

    fn terminate(&self, context: &Context, name: &str) -> Result<Exit, CommandError> {
        let state = context.state_to_end(name)?;
        if state.find(name)?.ended_at.is_some() {
            // What was recorded then says nothing of what is there now.
            return terminate_again(&state, context, name, &self.drive);
        }
        let session = RunSession::open_in(&state, context, name, &self.drive)?;
        let run = &session.run;
        let abandoned = abandoned(run, &self.abandon)?;
        let seen = block_on(survey(run, session.infrastructure().as_ref()))?;
        let forecast = Forecast::terminate(run, self.force, &seen).map_err(illegal)?.masked(&[&run.plan]);
        if !self.force {
            let needs = Prerequisites::of_farewells(run, said_goodbye(run, &forecast, &self.abandon));
            let diagnostics: Vec<_> =
                missing(&run.plan, &needs).into_iter().map(|diagnostic| diagnostic.hint(force_hint(name))).collect();
            refuse(context, &diagnostics, "nothing was terminated")?;
        }
        let summary = run.summary();
        context.tell(&format!(
            "terminating {}: {}, {}",
            context.message_style.bold(name),
            count(summary.services, "service"),
            count(summary.instances, "instance")
        ));
        if !consent(context, &forecast)? {
            return Ok(Exit::Failed);
        }
        let prepare = |driver: &mut Driver<'_>| {
            driver.end(self.force, &seen)?;
            driver.abandon(&abandoned)
        };
        session.drive(prepare)?.conclude(context)
    }
}

/// Which of two ends of commands a caller must know of: above all that something remains, and costs money.
fn worse(one: Exit, other: Exit) -> Exit {
    let weight = |exit: &Exit| match exit {
        Exit::Remains => 2,
        Exit::Done => 0,
        _ => 1,
    };
    // Of two that weigh the same, the later.
    std::cmp::max_by_key(one, other, weight)
}

fn force_hint(name: &str) -> String {
    format!("hoist plan terminate {name} --force goes on without terminate programs that cannot start")
}

/// The services whose terminate programs must run for the tear-down to go on.
fn said_goodbye<'a>(run: &'a Run, forecast: &'a Forecast, abandoned: &'a [String]) -> impl Iterator<Item = &'a str> {
    let must = |name: &str| {
        let program = run.position(name).and_then(|position| run.service(position).programs.terminate.as_ref());
        program.is_some_and(|program| program.on_failure == OnFailure::Keep) && !abandoned.iter().any(|it| it == name)
    };
    forecast.items.iter().filter(move |item| item.farewell && must(&item.service)).map(|item| item.service.as_str())
}

/// The services whose hosts are given up.
fn abandoned(run: &Run, names: &[String]) -> Result<Vec<usize>, CommandError> {
    names
        .iter()
        .map(|name| {
            let Some(position) = run.position(name) else {
                let error = CommandError::with_exit(Exit::Usage, format!("run {} has no service {name}", run.name));
                let known = run.plan.services().map(|(_, service)| service.name.as_str());
                return Err(match nearest(name, known) {
                    Some(known) => error.hint(format!("did you mean {known}?")),
                    None => error.hint(format!("hoist plan show {}", run.name)),
                });
            };
            if run.service(position).run_on == RunOn::ThisHost {
                let message = format!("service {name} runs on this host, which is here; it is not given up");
                return Err(CommandError::with_exit(Exit::Usage, message));
            }
            Ok(position)
        })
        .collect()
}
