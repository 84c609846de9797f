//! The document of a run's health: its record compared with reality.

use jiff::Timestamp;
use serde::Serialize;

use super::health::{Health, Observed, ServiceHealth};
use super::stale_view::{self, StaleView};
use crate::engine::Failure;
use crate::report::plan::LevelView;
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist plan status`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusDocument<'a> {
    schema: SchemaVersion,
    /// The run's name.
    run: &'a str,
    /// Its id, unique over all runs.
    id: &'a str,
    /// Where it stands by the record, in a word.
    status: &'static str,
    /// Whether every service is healthy.
    healthy: bool,
    /// Whether an optional check fails, or what is recorded or was given to boot programs is no longer so.
    degraded: bool,
    /// True where nobody can say how a service is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unknown: bool,
    /// When it was looked at; null where nobody looked.
    observed_at: Option<Timestamp>,
    /// How many workers its fleets have; left out where it has none, or nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<usize>,
    /// Who works on it now.
    held_by: Option<String>,
    /// In the order in which they are raised.
    levels: Vec<LevelView<'a, ServiceStatusView<'a>>>,
}

/// A service as recorded and as seen.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServiceStatusView<'a> {
    /// Its name.
    name: &'a str,
    /// Whether it is as it should be.
    healthy: bool,
    /// What the journal says.
    recorded: RecordedView<'a>,
    /// What was seen; null where nobody looked.
    observed: Option<ObservedView<'a>>,
    /// What is wrong with it.
    failure: Option<&'a Failure>,
    /// Why it works only in part.
    degraded: Option<&'a str>,
    /// Why nobody can say how it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
    /// What its boot program was given and is another value now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale: Vec<StaleView>,
}

/// What the journal says of a service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecordedView<'a> {
    /// Its phase, in a word.
    state: &'static str,
    /// Since when it is in this phase.
    since: Option<Timestamp>,
    /// For how long, in seconds.
    age_seconds: Option<u64>,
    /// Its instance, while it has one.
    instance_id: Option<&'a str>,
    /// By which its host is reached.
    address: Option<&'a str>,
    /// When its machine ends by itself.
    expires_at: Option<Timestamp>,
}

/// What was seen of a service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ObservedView<'a> {
    /// The state of its instance in its cloud's words, `gone`, or `unknown`; null where it has none.
    instance: Option<&'a str>,
    /// The address that it has now.
    address: Option<&'a str>,
    /// How its ready program ended: `passed`, `degraded`, `failed`, `skipped`, `gone` or `unknown`.
    check: &'static str,
    /// What is to be known of that.
    detail: Option<&'a str>,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

impl<'a> StatusDocument<'a> {
    /// Creates the document of the health of a run; `held_by` is the process that holds it.
    pub fn new(health: &'a Health, held_by: Option<String>) -> Self {
        let levels = health.levels.iter().map(|(number, name, services)| LevelView {
            number: *number,
            name,
            services: services.iter().map(|service| ServiceStatusView::of(health, service)).collect(),
        });
        Self {
            schema: SchemaVersion,
            run: &health.name,
            id: &health.id,
            status: health.status.word(held_by.is_some()),
            healthy: health.is_healthy(),
            degraded: health.is_degraded(),
            unknown: health.is_unknown(),
            observed_at: health.observed_at,
            workers: health.workers.filter(|workers| *workers > 0),
            held_by,
            levels: levels.collect(),
        }
    }
}

impl<'a> ServiceStatusView<'a> {
    fn of(health: &Health, service: &'a ServiceHealth) -> Self {
        Self {
            name: &service.name,
            healthy: service.healthy,
            recorded: RecordedView {
                state: service.state,
                since: service.since,
                age_seconds: service.age.map(|age| age.as_secs()),
                instance_id: service.instance_id.as_deref(),
                address: service.address.as_deref(),
                expires_at: health.leases.end(&service.name),
            },
            observed: service.observed.as_ref().map(|seen| ObservedView::of(service, seen)),
            failure: service.failure.as_ref(),
            degraded: service.degraded.as_deref(),
            unknown: service.unknown.as_deref(),
            stale: stale_view::all(service.stale.iter().cloned()),
        }
    }
}

impl<'a> ObservedView<'a> {
    fn of(service: &'a ServiceHealth, seen: &'a Observed) -> Self {
        Self {
            instance: seen.instance.as_deref(),
            address: service.moved_to.as_deref().or(service.address.as_deref()),
            check: seen.check,
            detail: seen.detail.as_deref(),
            hint: seen.hint,
        }
    }
}
