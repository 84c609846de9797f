//! Arguments for reading plans.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::app::{CommandError, Interaction as _, known_to_plans};
use crate::cli::context::Context;
use crate::cli::name_value::name_value;
use crate::cli::refused::refused;
use crate::cli::userdata::Allow;
use crate::diagnostics::Diagnostics;
use crate::plan::{Lease, LeaseError, LoadOptions, Loaded, Plan, load};
use crate::state::RunRow;

/// A plan's file, and what is said about it on the command line.
#[derive(Args, Debug, Clone)]
pub(super) struct PlanFile {
    /// The plan: TOML when its name ends in .toml, else cloudinit.d's notation; - is standard input
    #[arg(value_name = "PLAN", value_hint = clap::ValueHint::FilePath)]
    pub(super) plan: PathBuf,

    #[command(flatten)]
    pub(super) reading: Reading,
}

/// What is said about a plan on the command line.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct Reading {
    /// Set a variable of the plan; may be given more than once
    #[arg(short = 'g', long = "var", value_name = "NAME=VALUE", value_parser = name_value)]
    vars: Vec<(String, String)>,

    /// Read variables from a file: TOML, or INI with a section of globals; --var outranks it
    #[arg(short = 'G', long = "var-file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    var_files: Vec<PathBuf>,

    /// Launch everything on this cloud instead: a built-in one (local, …) or one of the plan's
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,

    /// End every machine by itself after this long ("6h") or at this time ("2026-12-01 17:00"), whatever becomes of
    /// hoist
    #[arg(long, value_name = "LEASE", value_parser = lease)]
    lease: Option<Lease>,

    #[command(flatten)]
    allow: Allow,
}

impl Reading {
    /// Creates the arguments of a plan read without changes, with these findings allowed in its user data.
    pub(super) fn allowing(names: &[String]) -> Self {
        Self { allow: Allow::of(names), ..Self::default() }
    }

    /// Returns the allowed findings in user data.
    pub(super) fn allowed(&self) -> &[String] {
        self.allow.names()
    }

    /// Converts the arguments to options of the reader.
    pub(super) fn options(&self, context: &Context) -> LoadOptions {
        LoadOptions {
            variables: self.vars.clone(),
            variable_files: self.var_files.clone(),
            cloud: self.cloud.clone(),
            ..LoadOptions::with_process_environment(known_to_plans(&context.workspace))
        }
    }
}

fn lease(text: &str) -> Result<Lease, LeaseError> {
    let lease: Lease = text.parse()?;
    lease.check(Timestamp::now()).map(|()| lease)
}

impl PlanFile {
    /// Reads and validates the plan; warnings go to standard error.
    pub(super) fn load(&self, context: &Context) -> Result<Plan, CommandError> {
        self.load_or(context, |run| format!("hoist plan show {}", run.name))
    }

    /// Does the same for a command that may have been given a run's name by mistake: the error then says so, and
    /// suggests the command `instead`.
    pub(super) fn load_or(
        &self,
        context: &Context,
        instead: impl FnOnce(&RunRow) -> String,
    ) -> Result<Plan, CommandError> {
        let loaded = self.try_load(context).map_err(|problems| match self.run_of_that_name(context) {
            Some(run) => {
                let name = self.plan.display();
                CommandError::new(format!(
                    "PLAN is to be a plan's file, and {name} is the name of a run; nothing was done"
                ))
                .hint(instead(&run))
            }
            None => refused(context, "the plan", &problems),
        })?;
        if !context.quiet {
            loaded.warnings.iter().for_each(|warning| context.say(&warning.to_string()));
        }
        Ok(loaded.plan)
    }

    /// Returns the run of the given name if there is no such file.
    fn run_of_that_name(&self, context: &Context) -> Option<RunRow> {
        let name = self.plan.to_str().filter(|_| !self.plan.exists())?;
        context.workspace.state_to_read().ok()??.find(name).ok()
    }

    /// Reads and validates the plan.
    pub(super) fn try_load(&self, context: &Context) -> Result<Loaded, Diagnostics> {
        let mut loaded = load(&self.plan, &self.reading.options(context))?;
        loaded.plan.lease = self.reading.lease;
        for cloud in loaded.plan.clouds.values_mut() {
            let overridden = |option: &Option<String>, own: &mut Option<String>| {
                if option.is_some() {
                    own.clone_from(option);
                }
            };
            overridden(&context.workspace.clouds.region, &mut cloud.region);
            overridden(&context.workspace.clouds.profile, &mut cloud.profile);
            overridden(&context.workspace.clouds.endpoint_url, &mut cloud.endpoint);
        }
        Ok(loaded)
    }
}
