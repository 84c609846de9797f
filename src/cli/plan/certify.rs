//! Says what the clouds said of a run that had ended.

use serde_json::{Value, json};

use crate::app::plan::EndedAgain;
use crate::app::{CommandResult, Interaction as _};
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::engine::{AskedAgain, DriveResult};
use crate::report::{self, RunEnding, count};

/// Says what was asked and what remains, on standard output; gives the exit code.
pub(super) fn certify(context: &Context, ended: &EndedAgain) -> CommandResult {
    let EndedAgain { run, asked, took } = ended;
    let halt = ended.halt();
    let outcome = if halt == DriveResult::Terminated { "gone" } else { "remains" };
    let certificate = json!({ "clouds": asked.clouds, "machines": asked.machines });
    let ending = RunEnding { remains: asked.remains.clone(), took: *took, ..RunEnding::default() };
    match context.output {
        Output::Human => {
            let mut text = report::conclusion(run, halt, &ending, context.style);
            text.push_str(&certified(asked));
            context.print_with_advice(&text)?;
        }
        Output::Json | Output::Jsonl => {
            let mut document = match context.output {
                Output::Json => report::run_json(run),
                _ => json!({ "schema": 1, "event": "done", "run": run.name, "status": run.status().word(false) }),
            };
            document["outcome"] = Value::from(outcome);
            document["asked_again"] = certificate;
            report::put_abandoned(run, &mut document);
            report::add_ending(&mut document, run, halt, &ending);
            document["seconds"] = Value::from(took.as_secs_f64());
            context.print_json(&document)?;
            if halt == DriveResult::LeftoversRemain {
                context.tell(&report::way_on(run, halt, &ending));
            }
        }
    }
    Ok(ended.exit())
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
