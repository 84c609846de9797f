//! Says how it went with a run.

use serde_json::Value;

use crate::app::plan::RunOutcome;
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::report;

/// The same where the user may not have agreed to what was announced.
pub(super) fn conclude_if_agreed(context: &Context, outcome: Option<RunOutcome>) -> CommandResult {
    outcome.map_or(Ok(Exit::Failed), |outcome| conclude(context, &outcome))
}

/// Says how it went, on standard output; gives the exit code.
pub(super) fn conclude(context: &Context, outcome: &RunOutcome) -> Result<Exit, CommandError> {
    let RunOutcome { run, halt, ending, .. } = outcome;
    let exit = outcome.exit();
    match context.output {
        Output::Json => {
            let mut document = report::run_json(run);
            document["outcome"] = Value::from(outcome.word());
            report::add_ending(&mut document, run, *halt, ending);
            report::put_abandoned(run, &mut document);
            document["seconds"] = Value::from(ending.took.as_secs_f64());
            context.print_json(&document)?;
        }
        Output::Jsonl => {
            let mut document = serde_json::json!({
                "schema": 1,
                "event": "done",
                "run": run.name,
                "outcome": outcome.word(),
                "status": run.status().word(false),
                "seconds": ending.took.as_secs_f64(),
            });
            report::add_ending(&mut document, run, *halt, ending);
            report::put_abandoned(run, &mut document);
            context.print_json(&document)?;
        }
        Output::Human => context.print_with_advice(&report::conclusion(run, *halt, ending, context.style))?,
    }
    if exit != Exit::Done && context.output != Output::Human {
        report::diagnostics(run, *halt, ending).iter().for_each(|diagnostic| context.say(diagnostic));
        context.tell(&report::way_on(run, *halt, ending));
    }
    Ok(exit)
}
