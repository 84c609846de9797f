//! The argument that names a fleet.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::app::{CommandError, Exit};
use crate::cli::completions::fleet_names;
use crate::scaler::FleetName;

/// The fleet that a command works on.
#[derive(Args, Debug)]
pub(super) struct FleetArgument {
    /// The fleet's name
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(fleet_names))]
    name: String,
}

impl FleetArgument {
    pub(super) fn name(&self) -> Result<FleetName, CommandError> {
        parse_name(&self.name)
    }
}

/// Parses the name of a fleet.
pub(in crate::cli) fn parse_name(text: &str) -> Result<FleetName, CommandError> {
    text.parse().map_err(|rule| {
        let shown: String = text.chars().take(120).collect();
        CommandError::with_exit(Exit::Usage, format!("a fleet cannot be named \"{}\": {rule}", shown.escape_debug()))
    })
}
