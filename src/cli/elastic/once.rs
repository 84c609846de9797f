//! `hoist elastic once`

use std::path::PathBuf;

use clap::Args;

use super::parent_option::parent;
use super::run::configs;
use crate::app::elastic::once;
use crate::app::{CommandResult, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{FleetPlace, OnceDocument, pass_human};

/// Make one pass of each fleet, and say what came of it
///
/// A pass takes the readings, decides, records, calls the cloud, and renews the leases that are due. With --dry-run it
/// only decides and tells: nothing is recorded, launched or changed, not even what the engine remembers, and a daemon
/// may run at the same time.
///
/// Exit code 0: done, or nothing would be done; 1: a source did not answer what the engine asks, the program that
/// decides failed, or the cloud refused something; 2: a dry run would do something; 4: another process serves a fleet.
#[derive(Args, Debug)]
pub(in crate::cli) struct Once {
    /// A fleet file; may be repeated [default: elastic.toml here, else /etc/hoist/elastic.toml]
    #[arg(long = "config", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    configs: Vec<PathBuf>,

    /// Only tell what would be done, and why
    #[arg(long)]
    dry_run: bool,

    /// The tag of the run that the fleets belong to, whose end ends them [env: HOIST_RUN]
    #[arg(long, value_name = "TAG")]
    parent: Option<String>,
}

impl Once {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let parent = parent(self.parent.as_deref())?;
        let configs = configs(&self.configs)?;
        let passes = block_on(once(context.operation(), &configs, parent.as_ref(), self.dry_run))??;
        if context.wants_json() {
            let of_fleets = passes.passes.iter().map(|(fleet, pass)| (fleet, pass));
            context.print_json(&OnceDocument::new(of_fleets, self.dry_run))?;
        } else {
            for (fleet, pass) in &passes.passes {
                let pass = pass_human(pass, &FleetPlace::of(fleet), context.style);
                context.print(&format!("fleet {}, {pass}", context.style.bold(&fleet.id.name)))?;
            }
            if self.dry_run {
                context.tell("nothing was recorded, launched or changed");
            }
        }
        Ok(passes.exit)
    }
}
