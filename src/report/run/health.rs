//! Health of a run: its record compared with reality.

use std::time::Duration;

use jiff::Timestamp;

use super::lease::Leases;
use crate::engine::{
    Check, Failure, Goal, Observation, ObservedInstance, Phase, Run, RunStatus, Stage, Stale, is_read, moved, stale,
};
use crate::report::time::age;

/// Health of a run: every service as recorded, and as observed if the command looked.
pub struct Health {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) status: RunStatus,
    pub(super) now: Timestamp,
    pub(super) observed_at: Option<Timestamp>,
    pub(super) leases: Leases,
    pub(super) levels: Vec<(u32, String, Vec<ServiceHealth>)>,
    /// Number of workers of the run's fleets, if the command looked.
    pub(super) workers: Option<usize>,
}

pub(super) struct ServiceHealth {
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) since: Option<Timestamp>,
    pub(super) age: Option<Duration>,
    pub(super) instance_id: Option<String>,
    pub(super) address: Option<String>,
    pub(super) failure: Option<Failure>,
    pub(super) degraded: Option<String>,
    /// Reason why the health is unknown.
    pub(super) unknown: Option<String>,
    pub(super) healthy: bool,
    /// Whether the terminate program failed, so that the instance is kept unless forced.
    pub(super) is_kept: bool,
    /// Whether boot programs of other services were given values of this one, which a new instance may change.
    is_read: bool,
    pub(super) observed: Option<Observed>,
    /// Current address, if it differs from the recorded one.
    pub(super) moved_to: Option<String>,
    pub(super) stale: Vec<Stale>,
}

/// Hint for an instance of a run that is being terminated.
const GOES_ON: &str = "`hoist plan terminate` goes on with it";

pub(super) struct Observed {
    pub(super) instance: Option<String>,
    pub(super) check: &'static str,
    pub(super) detail: Option<String>,
    /// Hint for the user.
    pub(super) hint: Option<&'static str>,
}

impl ServiceHealth {
    /// Returns whether the service has lost its instance without a request to terminate it.
    pub(super) fn has_lost_its_machine(&self) -> bool {
        let seen = self.observed.as_ref().and_then(|seen| seen.instance.as_deref());
        let is_gone = matches!(seen, Some("gone" | "terminated" | "shutting-down"));
        self.state == "lost" || (is_gone && !matches!(self.state, "terminating" | "terminated"))
    }

    /// Returns whether the service is to be replaced, and others were configured with its values.
    pub(super) fn is_broken_and_read(&self) -> bool {
        !self.healthy && self.unknown.is_none() && self.is_read
    }

    /// Returns whether the service is broken rather than just not visible.
    pub(super) fn is_seen_broken(&self) -> bool {
        self.failure.as_ref().map_or(self.state == "lost", |failure| !failure.blind)
    }
}

impl Health {
    /// Adds the number of workers of the run's fleets. None: nobody looked, or not every cloud answered.
    #[must_use]
    pub fn having_workers(self, workers: Option<usize>) -> Self {
        Self { workers, ..self }
    }

    /// Determines the health of `run` from observations, or from the record alone.
    pub fn new(run: &Run, observations: Option<Vec<Observation>>, now: Timestamp) -> Self {
        // Compares values with the addresses that were observed.
        let seen = observations.iter().flatten().map(|observation| &observation.instance);
        let (_, as_seen) = moved(run, seen);
        let is_ending = run.goal.as_ref().is_some_and(Goal::is_down);
        let service = |position: usize| {
            let record = run.record(position);
            let address = &as_seen.record(position).address;
            let observation = observations.as_ref().and_then(|all| all.get(position));
            let recorded_well = matches!(record.phase, Phase::Ready { .. }) || run.ended;
            let (failure, degraded) = match (&record.phase, observation.map(|seen| &seen.check)) {
                (_, Some(Check::Failed(failure))) => (Some(failure.as_ref().clone()), None),
                (_, Some(Check::Degraded(reason))) => (None, Some(reason.clone())),
                (_, Some(Check::Passed)) => (None, None),
                // An earlier failed check does not tell the current state.
                (Phase::Failed(failure), Some(Check::Unknown(_))) if failure.stage == Stage::Ready => (None, None),
                (Phase::Failed(failure), _) => (Some(failure.clone()), None),
                (Phase::Terminating(farewell), _) => {
                    (farewell.failure.clone().or_else(|| farewell.program_failure.clone()), None)
                }
                (Phase::Ready { degraded }, _) => (None, degraded.clone()),
                _ => (None, None),
            };
            let healthy = match observation {
                None => recorded_well,
                Some(seen) => {
                    recorded_well
                        && !seen.instance_is_gone()
                        && seen.standstill().is_none()
                        && matches!(seen.check, Check::Passed | Check::Degraded(_))
                }
            };
            let unknown = match observation {
                Some(Observation { check: Check::Unknown(silence), .. }) if !healthy => Some(silence.to_string()),
                _ => None,
            };
            ServiceHealth {
                unknown,
                name: run.service(position).name.clone(),
                state: record.phase.name(),
                since: Some(record.since).filter(|since| *since != Timestamp::UNIX_EPOCH),
                age: Some(age(record.since, now)).filter(|_| record.since != Timestamp::UNIX_EPOCH),
                instance_id: record.instance_id().map(str::to_owned),
                address: record.address.clone(),
                failure,
                degraded,
                healthy,
                is_read: !healthy && is_read(run, position),
                is_kept: matches!(&record.phase, Phase::Terminating(farewell) if farewell.program_failure.is_some()),
                observed: observation.map(|seen| {
                    let observed = observed(seen, &record.phase);
                    let hint = observed.hint.map(|hint| if is_ending { GOES_ON } else { hint });
                    Observed { hint, ..observed }
                }),
                moved_to: address.clone().filter(|_| *address != record.address),
                stale: stale(&as_seen, position),
            }
        };
        let levels = run.plan.levels.iter().zip(run.levels());
        Self {
            name: run.name.clone(),
            id: run.id.clone(),
            status: run.status(),
            now,
            observed_at: observations.is_some().then_some(now),
            leases: Leases::of(run),
            workers: None,
            levels: levels
                .map(|(level, range)| (level.number, level.name.clone(), range.clone().map(service).collect()))
                .collect(),
        }
    }

    /// Returns whether every service is healthy.
    pub fn is_healthy(&self) -> bool {
        self.services().all(|service| service.healthy)
    }

    /// Returns whether a service is known to be unhealthy.
    pub fn is_ill(&self) -> bool {
        self.services().any(|service| !service.healthy && service.unknown.is_none())
    }

    /// Returns whether the health of a service is unknown.
    pub fn is_unknown(&self) -> bool {
        self.services().any(|service| service.unknown.is_some())
    }

    /// Returns whether an optional check fails, an address has changed, or values given to boot programs are stale.
    pub fn is_degraded(&self) -> bool {
        self.services()
            .any(|service| service.degraded.is_some() || service.moved_to.is_some() || !service.stale.is_empty())
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &ServiceHealth> {
        self.levels.iter().flat_map(|(_, _, services)| services)
    }
}

fn observed(seen: &Observation, phase: &Phase) -> Observed {
    let (instance, diagnostic) = match &seen.instance {
        ObservedInstance::None => (None, None),
        ObservedInstance::Absent => (Some("gone".to_owned()), Some("the cloud does not know the instance".to_owned())),
        ObservedInstance::Unknown(silence) => (Some("unknown".to_owned()), Some(silence.to_string())),
        ObservedInstance::Here(instance) if instance.unsure().is_some() => {
            (Some("unknown".to_owned()), seen.instance.doubt().map(|silence| silence.to_string()))
        }
        ObservedInstance::Here(instance) => {
            let state = serde_json::to_value(instance.state).ok().and_then(|value| value.as_str().map(str::to_owned));
            (state, seen.standstill().map(|it| it.what))
        }
    };
    let (check, detail) = match &seen.check {
        Check::Skipped if matches!(phase, Phase::Ready { .. }) && seen.instance_is_gone() => ("gone", diagnostic),
        Check::Skipped => ("skipped", diagnostic),
        Check::Passed if matches!(phase, Phase::Failed(_)) => {
            ("passed", Some("recorded as failed, works now: `hoist plan repair` records it as ready".to_owned()))
        }
        Check::Passed => ("passed", diagnostic),
        Check::Degraded(reason) => ("degraded", Some(reason.clone())),
        Check::Failed(failure) => ("failed", Some(failure.reason.clone())),
        Check::Gone(reason) => ("gone", Some(reason.clone())),
        Check::Unknown(silence) => ("unknown", Some(silence.to_string())),
    };
    Observed { instance, check, detail, hint: seen.standstill().map(|it| it.hint) }
}
