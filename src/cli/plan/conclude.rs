//! Report on the result of work on a run.

use crate::app::plan::RunOutcome;
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::report::{self, DoneEvent, OutcomeView, RunDocument};

/// Does the same for an outcome that is missing if the user declined.
pub(super) fn conclude_if_agreed(context: &Context, outcome: Option<RunOutcome>) -> CommandResult {
    outcome.map_or(Ok(Exit::Failed), |outcome| conclude(context, &outcome))
}

/// Shows the result on standard output; returns the exit code.
pub(super) fn conclude(context: &Context, outcome: &RunOutcome) -> Result<Exit, CommandError> {
    let RunOutcome { run, halt, ending, .. } = outcome;
    let exit = outcome.exit();
    let shown = OutcomeView::new(outcome.word(), run, *halt, ending);
    match context.output {
        Output::Json => {
            context.print_json(&RunDocument::with_outcome(run, shown))?;
        }
        Output::Jsonl => {
            context.print_json(&DoneEvent::new(run, shown))?;
        }
        Output::Human => context.print_with_advice(&report::conclusion(run, *halt, ending, context.style))?,
    }
    if exit != Exit::Done && context.output != Output::Human {
        report::diagnostics(run, *halt, ending).iter().for_each(|diagnostic| context.say(diagnostic));
        context.tell(&report::way_on(run, *halt, ending));
    }
    Ok(exit)
}
