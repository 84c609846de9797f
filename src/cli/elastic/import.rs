//! `hoist elastic import`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::app::elastic::{read_configuration, write_fleet};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::refused::refused;
use crate::compat::import_fleet;
use crate::report::FleetImportDocument;

/// Turn the configuration of an earlier scaler into a fleet file, and say what could not be carried over
///
/// FILE is an elastiq.conf, coalition's cloud_aws.ini or cloud_gcloud.ini, or a configuration of EPU with preserve_n or
/// queuelen_high_water, in JSON or YAML; its content says which. Credentials are never copied: a note says where to put
/// them.
#[derive(Args, Debug)]
pub(in crate::cli) struct Import {
    /// The configuration
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// Where to write the fleet file; `-` is standard output [default: -]
    #[arg(long, value_name = "FILE.toml", value_hint = clap::ValueHint::FilePath)]
    to: Option<PathBuf>,
}

impl Import {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let text = read_configuration(&self.file)?;
        let import =
            import_fleet(&text, &self.file).map_err(|problems| refused(context, "the configuration", &problems))?;
        let toml = import.fleet.to_toml();
        let target = self.to.as_deref().filter(|to| *to != Path::new("-"));
        if let Some(target) = target {
            if target.exists() && !context.confirm(&format!("{} exists. Overwrite it?", target.display()))? {
                return Err(CommandError::new(format!("{} was left as it is", target.display())));
            }
            write_fleet(target, &toml)?;
        }
        if context.wants_json() {
            let notes: Vec<String> = import.notes.iter().map(|note| note.sentence()).collect();
            context.print_json(&FleetImportDocument::new(import.source, target, &toml, &notes))?;
            return Ok(Exit::Done);
        }
        import.notes.iter().for_each(|note| context.say(&note.to_string()));
        match target {
            Some(target) => context.print(&format!("written to {}", target.display()))?,
            None => context.print(&toml)?,
        }
        Ok(Exit::Done)
    }
}
