//! Shows how a simulated boot went.

use serde_json::json;

use crate::app::CommandResult;
use crate::app::plan::SimulatedBoot;
use crate::cli::context::Context;
use crate::report;

/// Says how it went, on standard output; gives the exit code.
pub(super) fn show_simulated(context: &Context, simulated: &SimulatedBoot) -> CommandResult {
    let SimulatedBoot { run, halt, ending, virtual_time, took } = simulated;
    if context.wants_json() {
        let mut document = report::run_json(run);
        report::add_ending(&mut document, run, *halt, ending);
        document["dry_run"] = json!(true);
        document["simulated_seconds"] = json!(virtual_time.as_secs_f64());
        document["seconds"] = json!(took.as_secs_f64());
        context.print_json(&document)?;
    } else {
        let diagnostics: String =
            report::diagnostics(run, *halt, ending).iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
        let shown = report::dry_run(run, *halt, *virtual_time, context.style);
        context.print_with_advice(&format!("{shown}{diagnostics}"))?;
    }
    Ok(simulated.exit())
}
