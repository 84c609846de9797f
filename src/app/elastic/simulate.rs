//! Simulations of scenario files.

use std::path::Path;

use super::input::read_input;
use crate::app::CommandError;
use crate::elastic::simulate::{Format, Scenario, Trace, simulate as run};

/// A scenario and its trace.
pub(crate) struct Simulation {
    pub(crate) scenario: Scenario,
    pub(crate) trace: Trace,
}

/// Simulates a scenario file with its own engine.
///
/// # Errors
/// The file cannot be read or is no scenario.
pub(crate) fn simulate(file: &Path) -> Result<Simulation, CommandError> {
    let wrong = |error: String| CommandError::new(format!("{}: {error}", file.display()));
    let text = String::from_utf8(read_input(file)?).map_err(|error| wrong(error.to_string()))?;
    let scenario = Scenario::parse(&text).map_err(|error| wrong(error.to_string()))?;
    let trace = run(&scenario);
    Ok(Simulation { scenario, trace })
}

/// Returns whether a file is a scenario of this engine, or of any.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn is_scenario(file: &Path, engine: Option<&str>) -> Result<bool, CommandError> {
    let Ok(text) = String::from_utf8(read_input(file)?) else { return Ok(false) };
    if Format::of(&text) != Some(Format::Scenario) {
        return Ok(false);
    }
    // One that cannot be read is told about when it is simulated.
    Ok(Scenario::parse(&text).map_or(true, |scenario| engine.is_none_or(|engine| engine == scenario.engine)))
}
