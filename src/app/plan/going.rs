use std::collections::BTreeSet;

use crate::app::dependents::ScalerServices;
use crate::engine::{Forecast, Run};

/// What of a run a command ends, and so which of its fleets end before.
pub(super) struct Going {
    /// The services whose machines end, if others stay. None: all of the run.
    pub(super) only: Option<ScalerServices>,
    /// Whether workers with jobs are ended at once, and machines also where workers are not proved gone.
    pub(super) force: bool,
    /// Whether the run does not begin anew.
    pub(super) is_for_good: bool,
    /// The command that sees it through.
    pub(super) again: String,
}

impl Going {
    /// All of the run, for good.
    pub(super) fn for_good(run: &Run, force: bool) -> Self {
        Self { only: None, force, is_for_good: true, again: format!("hoist plan terminate {}", run.name) }
    }

    /// All of the run, which then begins anew.
    pub(super) fn anew(run: &Run) -> Self {
        Self { only: None, force: false, is_for_good: false, again: format!("hoist plan resume {}", run.name) }
    }

    /// The services that end by this forecast of a repair.
    pub(super) fn of_repair(run: &Run, forecast: &Forecast) -> Self {
        let names: BTreeSet<String> = forecast.ended().map(str::to_owned).collect();
        let only = ScalerServices { has_every_scaler: have_every_scaler(run, &names), names, launched_before: None };
        Self { only: Some(only), ..Self::anew(run) }
    }

    /// The services that end by this forecast of a reload; all of the run if no service stays.
    pub(super) fn of_reload(run: &Run, forecast: &Forecast) -> Self {
        let ended: BTreeSet<&str> = forecast.ended().collect();
        let goes_all = run.plan.services().all(|(_, service)| ended.contains(service.name.as_str()));
        if goes_all { Self::anew(run) } else { Self::of_repair(run, forecast) }
    }

    /// The services that end by this forecast of a resumption; all of the run if it goes on with a reboot.
    pub(super) fn of_resumption(run: &Run, forecast: &Forecast) -> Self {
        if run.goal.as_ref().is_some_and(|goal| goal.begins_anew(&run.plan)) {
            Self::anew(run)
        } else {
            Self::of_repair(run, forecast)
        }
    }

    /// Whether fleets may belong to what ends.
    pub(super) fn concerns(&self, run: &Run, has_fleets: bool) -> bool {
        let Some(only) = &self.only else { return true };
        let runs_scaler = |name: &String| {
            let position = run.position(name);
            position.is_some_and(|position| run.service(position).elastic.is_some())
        };
        !only.names.is_empty() && (has_fleets || only.names.iter().any(runs_scaler))
    }
}

/// Whether no other service of the plan says that it runs a scaler, and one of these does.
pub(super) fn have_every_scaler(run: &Run, services: &BTreeSet<String>) -> bool {
    let mut scalers = run.plan.services().filter(|(_, service)| service.elastic.is_some()).peekable();
    scalers.peek().is_some() && scalers.all(|(_, service)| services.contains(&service.name))
}
