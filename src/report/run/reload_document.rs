//! The document of the forecast of a reload.

use serde::Serialize;

use crate::engine::{Forecast, IfItFails, PlannedAction};
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist plan reload --dry-run`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReloadDocument<'a> {
    schema: SchemaVersion,
    /// The run's name.
    run: &'a str,
    /// Whether the reload would change anything.
    changed: bool,
    /// Services that the run would have newly.
    added: Vec<&'a str>,
    /// Services that would be torn down.
    removed: Vec<&'a str>,
    /// Services that would be torn down and raised anew.
    rebooted: Vec<ReloadReasonView<'a>>,
    /// Services that stay, and of which the new plan says something else.
    updated: Vec<ReloadReasonView<'a>>,
    /// Services that are not there yet, and would be raised.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    raised: Vec<&'a str>,
    /// Services whose boot programs would run again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    configured: Vec<ReloadReasonView<'a>>,
    /// Services that are recorded as broken, work, and would be recorded as ready.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<&'a str>,
    /// Services that would be checked again once what comes before them is up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checked: Vec<&'a str>,
    /// What the new plan says differently.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<DifferenceView<'a>>,
}

/// What is done to a service, and why.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReloadReasonView<'a> {
    /// The service.
    service: &'a str,
    /// Why.
    reason: &'a str,
    /// True where it would be raised anew if that fails.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replaced_if_it_fails: bool,
}

/// Something that the new plan says differently of a service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DifferenceView<'a> {
    /// The service.
    service: &'a str,
    /// What of it.
    what: &'a str,
    /// What the old plan says; null where it says nothing.
    from: Option<&'a str>,
    /// What the new plan says; null where it says nothing.
    to: Option<&'a str>,
}

impl<'a> ReloadDocument<'a> {
    /// Creates the document of the forecast.
    pub fn of(forecast: &'a Forecast) -> Self {
        let names = |deed: PlannedAction| {
            forecast.items.iter().filter(|item| item.deed == deed).map(|item| item.service.as_str()).collect()
        };
        let reasons = |deeds: &[PlannedAction]| {
            let reason = |item: &'a crate::engine::Item| {
                Some(ReloadReasonView {
                    service: &item.service,
                    reason: item.why.as_deref()?,
                    replaced_if_it_fails: item.if_it_fails == IfItFails::Replaced,
                })
            };
            forecast.items.iter().filter(|item| deeds.contains(&item.deed)).filter_map(reason).collect()
        };
        let differences = forecast.items.iter().flat_map(|item| {
            item.differences.iter().map(|difference| DifferenceView {
                service: &item.service,
                what: &difference.what,
                from: difference.before.as_deref(),
                to: difference.after.as_deref(),
            })
        });
        Self {
            schema: SchemaVersion,
            run: &forecast.run,
            changed: forecast.changes_anything(),
            added: names(PlannedAction::Add),
            removed: names(PlannedAction::Remove),
            rebooted: reasons(&[PlannedAction::Replace]),
            updated: reasons(&[PlannedAction::Keep, PlannedAction::Check]),
            raised: names(PlannedAction::Raise),
            configured: reasons(&[PlannedAction::Configure]),
            accepted: names(PlannedAction::Accept),
            checked: names(PlannedAction::Check),
            differences: differences.collect(),
        }
    }
}
