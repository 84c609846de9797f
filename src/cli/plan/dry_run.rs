//! Report on a simulated boot.

use crate::app::CommandResult;
use crate::app::plan::SimulatedBoot;
use crate::cli::context::Context;
use crate::report::{self, OutcomeView, RunDocument};

/// Shows the result on standard output; returns the exit code.
pub(super) fn show_simulated(context: &Context, simulated: &SimulatedBoot) -> CommandResult {
    let SimulatedBoot { run, halt, ending, virtual_time, took } = simulated;
    if context.wants_json() {
        let outcome = OutcomeView::of_dry_run(run, *halt, ending, *virtual_time, *took);
        context.print_json(&RunDocument::with_outcome(run, outcome))?;
    } else {
        let diagnostics: String =
            report::diagnostics(run, *halt, ending).iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
        let shown = report::dry_run(run, *halt, *virtual_time, context.style);
        context.print_with_advice(&format!("{shown}{diagnostics}"))?;
    }
    Ok(simulated.exit())
}
