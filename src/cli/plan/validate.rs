//! `hoist plan validate`

use clap::Args;

use super::plan_args::PlanFile;
use crate::app::plan::user_data;
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::refused::refused;
use crate::diagnostics::Diagnostics;
use crate::report::count;
use crate::report::plan::ValidationDocument;

/// Check a plan and report everything that is wrong with it, at once
///
/// User data is looked at as by `hoist userdata lint`. Nothing is launched and nothing is recorded.
#[derive(Args, Debug)]
pub(in crate::cli) struct Validate {
    #[command(flatten)]
    plan: PlanFile,
}

impl Validate {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let mut result = self.plan.try_load(context);
        if let Ok(loaded) = &mut result {
            let services = loaded.plan.services().map(|(_, service)| service);
            let found = user_data(services, &loaded.plan, self.plan.reading.allowed());
            loaded.warnings.extend(found.warnings().cloned());
            if found.is_wrong() {
                result = Err(Diagnostics(loaded.warnings.drain(..).chain(found.errors().cloned()).collect()));
            }
        }
        if context.wants_json() {
            let (plan, problems) = match &result {
                Ok(loaded) => (Some(loaded.plan.name.as_str()), &loaded.warnings),
                Err(problems) => (None, &problems.0),
            };
            context.print_json(&ValidationDocument::new(plan, problems))?;
            return Ok(if result.is_ok() { Exit::Done } else { Exit::Failed });
        }
        let loaded = result.map_err(|problems| refused(context, "the plan", &problems))?;
        loaded.warnings.iter().for_each(|warning| context.say(&warning.to_string()));
        let (levels, services) =
            (count(loaded.plan.levels.len(), "level"), count(loaded.plan.service_count(), "service"));
        context.print(&format!("{} is valid: {services} in {levels}", loaded.plan.name))?;
        Ok(Exit::Done)
    }
}
