//! Simulations of scenario files.

use std::path::Path;

use crate::app::CommandError;
use crate::elastic::simulate::{Scenario, Trace, simulate as run};
use crate::plan::read_file;

/// Largest scenario file, in bytes: a workload of a million submissions fits.
const MAX_SCENARIO: u64 = 256 << 20;

/// A scenario and its trace.
pub(crate) struct Simulation {
    pub(crate) scenario: Scenario,
    pub(crate) trace: Trace,
}

/// Simulates a scenario file with its own engine, or checks that `engine` is that one.
///
/// # Errors
/// The file cannot be read, is no scenario, or is of another engine's world.
pub(crate) fn simulate(file: &Path, engine: Option<&str>) -> Result<Simulation, CommandError> {
    let name = file.display();
    let unreadable = |why: String| CommandError::new(format!("cannot read the scenario {name}: {why}"));
    let bytes = read_file(file, MAX_SCENARIO).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MAX_SCENARIO {
        return Err(unreadable(format!("it has more than {MAX_SCENARIO} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    let scenario = Scenario::parse(&text).map_err(|error| CommandError::new(format!("{name}: {error}")))?;
    if let Some(engine) = engine.filter(|engine| *engine != scenario.engine) {
        let message = format!("{name} is a scenario of {}, whose world {engine} does not know", scenario.engine);
        return Err(CommandError::new(message).hint(format!("--engine {}", scenario.engine)));
    }
    let trace = run(&scenario);
    Ok(Simulation { scenario, trace })
}
