//! The argument that names an annex.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::annex::AnnexName;
use crate::app::{CommandError, Exit};
use crate::cli::completions::annex_names;

/// The annex that a command works on.
#[derive(Args, Debug)]
pub(super) struct AnnexArgument {
    /// The annex's name: letters, digits and "-", a letter first, at most 100 characters
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(annex_names))]
    name: String,
}

impl AnnexArgument {
    pub(super) fn name(&self) -> Result<AnnexName, CommandError> {
        parse_name(&self.name)
    }
}

/// Parses the name of an annex.
pub(super) fn parse_name(text: &str) -> Result<AnnexName, CommandError> {
    text.parse().map_err(|rule| {
        let shown: String = text.chars().take(120).collect();
        CommandError::with_exit(Exit::Usage, format!("an annex cannot be named \"{}\": {rule}", shown.escape_debug()))
    })
}
