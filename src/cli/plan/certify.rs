//! Report on the answers of the clouds about an ended run.

use crate::app::plan::EndedAgain;
use crate::app::{CommandResult, Interaction as _};
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::engine::{AskedAgain, DriveResult};
use crate::report::{self, DoneEvent, OutcomeView, RunDocument, RunEnding, count};

/// Shows the questions and the remains on standard output; returns the exit code.
pub(super) fn certify(context: &Context, ended: &EndedAgain) -> CommandResult {
    let EndedAgain { run, asked, took } = ended;
    let halt = ended.halt();
    let outcome = if halt == DriveResult::Terminated { "gone" } else { "remains" };
    let ending = RunEnding { remains: asked.remains.clone(), took: *took, ..RunEnding::default() };
    match context.output {
        Output::Human => {
            let mut text = report::conclusion(run, halt, &ending, context.style);
            text.push_str(&certified(asked));
            context.print_with_advice(&text)?;
        }
        Output::Json | Output::Jsonl => {
            let outcome = OutcomeView::new(outcome, run, halt, &ending).asked_again(asked);
            match context.output {
                Output::Json => context.print_json(&RunDocument::with_outcome(run, outcome))?,
                _ => context.print_json(&DoneEvent::new(run, outcome))?,
            }
            if halt == DriveResult::LeftoversRemain {
                context.tell(&report::way_on(run, halt, &ending));
            }
        }
    }
    Ok(ended.exit())
}

/// Describes the questions for people.
fn certified(asked: &AskedAgain) -> String {
    let clouds = asked.clouds.join(", ");
    match asked.machines {
        _ if asked.clouds.is_empty() => "  it launched no machines, so there is no cloud to ask\n".to_owned(),
        Some(0) => format!("  asked again: {clouds}: no machine of it is shown\n"),
        Some(machines) => format!("  asked again: {clouds}: {} of it, all terminated\n", count(machines, "machine")),
        None => format!("  asked again: {clouds}\n"),
    }
}
