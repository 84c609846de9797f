//! Forecasts of a command's effect on each service, before it acts.
//!
//! They are derived from the events that the command records and those that follow ([`super::projection`]); [`deeds`]
//! derives a finished command's effects from its journal in the same way. So a forecast holds as long as nothing new
//! goes wrong.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::courses;
use super::event::{RunEvent, ServiceEvent};
use super::forecast_reasons::{move_of, why_again, why_left, why_of};
use super::goal::Goal;
use super::observation::{Observation, ObservedInstance};
use super::phase::IllegalEvent;
use super::planned_action::{PlannedAction, deeds};
use super::projection::Projection;
use super::run::Run;
use super::secrets::Secrets;
use super::stale::misled_by;
use crate::plan::{Changes, Difference, Plan, diff, differences};

/// The forecast of a command's effect on a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The run's name.
    pub run: String,
    /// One item per service: those that go for good first, then all others in their plan's order.
    pub items: Vec<Item>,
}

/// The forecast of a command's effect on a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The service's name.
    pub service: String,
    /// The planned action.
    pub deed: PlannedAction,
    /// The reason, unless it is obvious.
    pub why: Option<String>,
    /// The instance that ends.
    pub ends: Option<String>,
    /// Whether the terminate program runs first.
    pub farewell: bool,
    /// The consequence if the service's check fails then.
    pub if_it_fails: IfItFails,
    /// The new plan's differences for the service.
    pub differences: Vec<Difference>,
}

/// The consequence for a service whose check fails after a command's announced action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfItFails {
    /// The service stays as it is, and the command ends there.
    #[default]
    Stays,
    /// The service stays if values that its boot program was given have changed by then; otherwise it is replaced.
    StaysIfStale,
    /// The service is replaced.
    Replaced,
}

impl Forecast {
    /// Forecasts [`super::Driver::resume_with`].
    pub fn resume(run: &Run, seen: &[ObservedInstance]) -> Result<Self, IllegalEvent> {
        Self::of(run, courses::resume(run, seen)?, &Changes::default())
    }

    /// Forecasts [`super::Driver::repair`].
    pub fn repair(run: &Run, seen: &[Observation]) -> Result<Self, IllegalEvent> {
        Self::of(run, courses::repair(run, seen, false)?, &Changes::default())
    }

    /// Forecasts [`super::Driver::repair_with_dependents`].
    pub fn repair_with_dependents(run: &Run, seen: &[Observation]) -> Result<Self, IllegalEvent> {
        Self::of(run, courses::repair(run, seen, true)?, &Changes::default())
    }

    /// Forecasts [`super::Driver::reload`].
    pub fn reload(run: &Run, plan: &Plan, seen: &[Observation]) -> Result<Self, IllegalEvent> {
        let mut forecast = Self::of(run, courses::reload(run, plan, seen)?, &diff(&run.plan, plan))?;
        let mut told: BTreeMap<String, Vec<Difference>> = differences(&run.plan, plan);
        for item in &mut forecast.items {
            item.differences = told.remove(&item.service).unwrap_or_default();
            if let (PlannedAction::Keep | PlannedAction::Check, None, Some(first)) =
                (item.deed, &item.why, item.differences.first())
            {
                item.why = Some(format!("its {} changed", first.what));
            }
        }
        Ok(forecast)
    }

    /// Masks the values of these plans' secrets, as far as this process can read them.
    #[must_use]
    pub fn masked(mut self, plans: &[&Plan]) -> Self {
        let sources = plans.iter().flat_map(|plan| plan.services()).flat_map(|(_, service)| service.secrets.values());
        let services = plans.iter().flat_map(|plan| plan.services()).map(|(_, service)| service);
        let secrets = Secrets::readable(sources.collect::<BTreeSet<_>>()).mask_for(services);
        let mask = |text: &mut Option<String>| *text = text.take().map(|text| secrets.said(&text));
        for item in &mut self.items {
            mask(&mut item.why);
            for difference in &mut item.differences {
                mask(&mut difference.before);
                mask(&mut difference.after);
            }
        }
        self
    }

    /// Forecasts [`super::Driver::reboot`].
    pub fn reboot(run: &Run, seen: &[ObservedInstance]) -> Result<Self, IllegalEvent> {
        Self::of(run, courses::reboot(run, seen)?, &Changes::default())
    }

    /// Forecasts [`super::Driver::end`].
    pub fn terminate(run: &Run, force: bool, seen: &[ObservedInstance]) -> Result<Self, IllegalEvent> {
        Self::of(run, courses::tear_down(run, force, seen)?, &Changes::default())
    }

    fn of(before: &Run, course: Projection, changes: &Changes) -> Result<Self, IllegalEvent> {
        let begun = course.run.clone();
        let played = course.play()?;
        let farewells: HashSet<&str> = played
            .events
            .iter()
            .filter_map(|event| match event {
                RunEvent::Service { service, change: ServiceEvent::TerminateProgramEnded { .. } } => {
                    Some(service.as_str())
                }
                _ => None,
            })
            .collect();
        let anew: BTreeMap<&str, &str> = changes.rebooted.iter().map(pair).collect();
        let updated: BTreeMap<&str, &str> = changes.updated.iter().map(pair).collect();
        let configured: BTreeMap<&str, &str> = changes.configured.iter().map(pair).collect();
        let item = |(service, deed): (String, PlannedAction)| {
            let position = before.position(&service);
            let planned = match deed {
                PlannedAction::Replace => anew.get(service.as_str()),
                PlannedAction::Keep | PlannedAction::Check => updated.get(service.as_str()),
                _ => None,
            };
            let if_it_fails = match deed {
                PlannedAction::Check if is_misled_then(&played.run, &service) => IfItFails::StaysIfStale,
                PlannedAction::Check => IfItFails::Replaced,
                PlannedAction::Configure if was_ill(&begun, &service) => IfItFails::Replaced,
                _ => IfItFails::Stays,
            };
            let ends = matches!(deed, PlannedAction::Remove | PlannedAction::Replace)
                .then(|| before.record(position?).instance_id().map(str::to_owned))
                .flatten();
            Item {
                why: match deed {
                    PlannedAction::Configure => {
                        Some(why_again(&begun, &service, configured.get(service.as_str()).copied()))
                    }
                    _ => planned
                        .map(|why| (*why).to_owned())
                        .or_else(|| why_of(&begun, &service, deed))
                        .or_else(|| move_of(before, &begun, &service))
                        .or_else(|| why_left(&begun, &played.run, &service)),
                },
                if_it_fails,
                ends,
                farewell: farewells.contains(service.as_str()),
                differences: Vec::new(),
                service,
                deed,
            }
        };
        let items = deeds(before, &played.run, played.events.iter()).into_iter().map(item).collect();
        Ok(Self { run: before.name.clone(), items })
    }

    /// Whether any service is torn down, raised or has a program run.
    pub fn touches_anything(&self) -> bool {
        self.items.iter().any(|item| !matches!(item.deed, PlannedAction::Keep | PlannedAction::Accept))
    }

    /// Whether anything changes, if only in the record.
    pub fn changes_anything(&self) -> bool {
        self.items.iter().any(|item| item.deed != PlannedAction::Keep || item.why.is_some())
    }

    /// Whether an instance ends that exists according to `seen` and that `run` does not record as ending.
    pub fn ends_unrecorded(&self, run: &Run, seen: &[ObservedInstance]) -> bool {
        let recorded: &[String] = match &run.goal {
            Some(Goal::Reload { condemned, .. }) => condemned,
            _ => &[],
        };
        self.ended().filter(|service| !recorded.iter().any(|name| name == service)).any(|service| {
            let position = run.position(service).filter(|&position| !run.record(position).phase.is_going());
            let there = |position: usize| {
                seen.get(position).is_none_or(|seen| !seen.is_gone() && *seen != ObservedInstance::None)
            };
            position.is_some_and(|position| run.record(position).instance.is_some() && there(position))
        })
    }

    /// Returns the services that are torn down.
    pub fn ended(&self) -> impl Iterator<Item = &str> {
        let ends = |item: &&Item| matches!(item.deed, PlannedAction::Remove | PlannedAction::Replace);
        self.items.iter().filter(ends).map(|item| item.service.as_str())
    }
}

fn pair((service, why): &(String, String)) -> (&str, &str) {
    (service, why)
}

/// Whether values that the service was given are others in the end.
fn is_misled_then(played: &Run, service: &str) -> bool {
    played.position(service).is_some_and(|position| misled_by(played, position).is_some())
}

/// Whether the service's check had failed before the command acted.
fn was_ill(begun: &Run, service: &str) -> bool {
    begun.position(service).is_some_and(|position| begun.record(position).was_ill)
}
