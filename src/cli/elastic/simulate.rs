//! `hoist elastic simulate`

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::app::elastic::simulate;
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::report::{TraceDocument, trace_human};

/// The engines that scenarios are of.
const ENGINES: [&str; 4] = ["elastiq", "npreserving", "queuelen", "coalition"];

/// Show what an engine decides in a scenario, in virtual time
///
/// A scenario is a JSON file: a workload, how machines of a cloud behave, scripted faults, and the engine's settings by
/// the names of the program that it comes from (elastiq, EPU's npreserving and queuelen, coalition). Nothing is
/// launched and nothing waits: hours pass in milliseconds, and the same scenario always gives the same events.
///
/// Where the scenario names a fault of the original program (`quirk`), the protections against it are on.
#[derive(Args, Debug)]
pub(in crate::cli) struct Simulate {
    /// The scenario
    #[arg(value_name = "SCENARIO", value_hint = clap::ValueHint::FilePath)]
    scenario: PathBuf,

    /// The engine; unless given, the scenario's own
    #[arg(long, value_parser = PossibleValuesParser::new(ENGINES))]
    engine: Option<String>,
}

impl Simulate {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let simulation = simulate(&self.scenario, self.engine.as_deref())?;
        if context.wants_json() {
            context.print_json(&TraceDocument::new(&simulation.trace))?;
        } else {
            context.print(&trace_human(&simulation.scenario, &simulation.trace, context.style))?;
        }
        Ok(Exit::Done)
    }
}
