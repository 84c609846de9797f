//! `hoist plan import`

use std::path::{Path, PathBuf};

use clap::Args;

use super::plan_args::Reading;
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::refused::refused;
use crate::os::write_named;
use crate::plan::import;
use crate::report::plan::ImportDocument;

/// Turn a plan in cloudinit.d's notation into TOML, and say what could not be carried over
#[derive(Args, Debug)]
pub(in crate::cli) struct Import {
    /// The top file of the plan
    #[arg(value_name = "FILE.conf", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// Where to write the TOML; `-` is standard output [default: beside the top file, ending in .toml]
    #[arg(long, value_name = "FILE.toml", value_hint = clap::ValueHint::FilePath)]
    to: Option<PathBuf>,

    #[command(flatten)]
    reading: Reading,
}

impl Import {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if self.file.extension().is_some_and(|extension| extension == "toml") {
            let message = format!("{} is TOML already", self.file.display());
            return Err(CommandError::with_exit(Exit::Usage, message));
        }
        let target = self.to.clone().unwrap_or_else(|| self.file.with_extension("toml"));
        let to_stdout = target == Path::new("-");
        let directory = if to_stdout { None } else { target.parent().filter(|parent| !parent.as_os_str().is_empty()) };
        let import = import(&self.file, &self.reading.options(context), directory.unwrap_or(Path::new(".")))
            .map_err(|problems| refused(context, "the plan", &problems))?;
        if to_stdout && !context.wants_json() {
            context.print(&import.toml)?;
        } else if !to_stdout {
            if target.exists() && !context.confirm(&format!("{} exists. Overwrite it?", target.display()))? {
                return Err(CommandError::new(format!("{} was left as it is", target.display())));
            }
            write_named(&target, import.toml.as_bytes(), 0o666)
                .map_err(|error| CommandError::new(format!("cannot write {}: {error}", target.display())))?;
        }
        if context.wants_json() {
            let written = (!to_stdout).then_some(target.as_path());
            context.print_json(&ImportDocument::new(written, &import.toml, &import.notes))?;
        } else {
            import.notes.iter().for_each(|note| context.say(&format!("note: {note}")));
            if !to_stdout {
                context.print(&format!("written to {}", target.display()))?;
            }
        }
        Ok(Exit::Done)
    }
}
