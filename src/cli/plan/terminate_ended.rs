//! Terminating a run that has ended: the clouds are asked again.

use std::time::Instant;

use super::drive::Drive;
use super::session::block_on;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, Exit};
use crate::cli::global::Output;
use crate::cli::infrastructure::{LiveInfrastructure, rehearsed};
use crate::engine::{AskedAgain, DriveResult, Run, ask_again};
use crate::report::{self, DoneEvent, OutcomeView, RunDocument, RunEnding, count};
use crate::state::{Owner, StateFile};

/// Asks the clouds what there is of the run of this name, which has ended, and ends that: what was launched for it may
/// have become visible only since.
pub(super) fn terminate_again(
    state: &StateFile,
    context: &Context,
    name: &str,
    drive: &Drive,
) -> Result<Exit, CommandError> {
    let row = state.find(name)?;
    // Nobody forgets the run, or asks for it to be ended, at the same time.
    let lock = state.lock(row.id, &Owner::current())?;
    let (plan, records) = state.load(row.id)?;
    let run = Run::replay(row.tag, row.name, plan, &records).map_err(|error| CommandError::new(error.to_string()))?;
    let started = Instant::now();
    let real = std::sync::Arc::new(LiveInfrastructure::new(context, &run)?);
    let infrastructure = rehearsed(real.clone(), drive.rehearse.as_deref(), &[&run.plan])?;
    let asked = block_on(async {
        let asked = ask_again(&run, infrastructure.as_ref()).await;
        real.close().await;
        asked
    })?;
    drop(lock);
    asked.notes.iter().for_each(|note| context.tell(&format!("{} {note}", context.message_style.warn("note:"))));
    conclude(context, &run, &asked, started.elapsed())
}

fn conclude(context: &Context, run: &Run, asked: &AskedAgain, took: std::time::Duration) -> Result<Exit, CommandError> {
    let halt = if asked.remains.is_empty() { DriveResult::Terminated } else { DriveResult::LeftoversRemain };
    let outcome = if halt == DriveResult::Terminated { "gone" } else { "remains" };
    let ending = RunEnding { remains: asked.remains.clone(), took, ..RunEnding::default() };
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
    Ok(if halt == DriveResult::Terminated { Exit::Done } else { Exit::Remains })
}

/// What was asked, for people.
fn certified(asked: &AskedAgain) -> String {
    let clouds = asked.clouds.join(", ");
    match asked.machines {
        _ if asked.clouds.is_empty() => "  it launched no machines, so there is no cloud to ask\n".to_owned(),
        Some(0) => format!("  asked again: {clouds}: no machine of it is shown\n"),
        Some(machines) => format!("  asked again: {clouds}: {} of it, all terminated\n", count(machines, "machine")),
        None => format!("  asked again: {clouds}\n"),
    }
}
