//! What is recorded of a run beside what is really there.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::failure::{failed, printable};
use super::lease::Leases;
use super::time::{age, duration};
use super::{Cell, Style, table};
use crate::engine::{Check, Failure, InstanceSeen, Observation, Phase, Run, RunStatus};

/// A run's health: every service as recorded, and as seen where somebody looked.
pub struct Health {
    name: String,
    id: String,
    status: RunStatus,
    now: Timestamp,
    observed_at: Option<Timestamp>,
    leases: Leases,
    levels: Vec<(u32, String, Vec<ServiceHealth>)>,
}

struct ServiceHealth {
    name: String,
    state: &'static str,
    since: Timestamp,
    age: Duration,
    instance_id: Option<String>,
    address: Option<String>,
    failure: Option<Failure>,
    degraded: Option<String>,
    healthy: bool,
    observed: Option<Observed>,
}

struct Observed {
    instance: Option<String>,
    check: &'static str,
    detail: Option<String>,
}

impl Health {
    /// The health of `run` by what was observed, or by what is recorded alone.
    pub fn new(run: &Run, observations: Option<Vec<Observation>>, now: Timestamp) -> Self {
        let service = |position: usize| {
            let record = run.record(position);
            let observation = observations.as_ref().and_then(|all| all.get(position));
            let recorded_well = matches!(record.phase, Phase::Ready { .. }) || run.ended;
            let (failure, degraded) = match (&record.phase, observation.map(|seen| &seen.check)) {
                (_, Some(Check::Failed(failure))) => (Some(failure.as_ref().clone()), None),
                (_, Some(Check::Degraded(reason))) => (None, Some(reason.clone())),
                (_, Some(Check::Passed)) => (None, None),
                (Phase::Failed(failure), _) => (Some(failure.clone()), None),
                (Phase::Terminating(farewell), _) => (farewell.failure.clone(), None),
                (Phase::Ready { degraded }, _) => (None, degraded.clone()),
                _ => (None, None),
            };
            let healthy = match observation {
                None => recorded_well,
                Some(seen) => {
                    recorded_well
                        && !seen.instance_is_gone()
                        && matches!(seen.check, Check::Passed | Check::Degraded(_))
                }
            };
            ServiceHealth {
                name: run.service(position).name.clone(),
                state: record.phase.name(),
                since: record.since,
                age: age(record.since, now),
                instance_id: record.instance_id().map(str::to_owned),
                address: record.address.clone(),
                failure,
                degraded,
                healthy,
                observed: observation.map(|seen| observed(seen, &record.phase)),
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
            levels: levels
                .map(|(level, range)| (level.number, level.name.clone(), range.clone().map(service).collect()))
                .collect(),
        }
    }

    /// Whether every service is.
    pub fn is_healthy(&self) -> bool {
        self.services().all(|service| service.healthy)
    }

    /// Whether an optional check fails.
    pub fn is_degraded(&self) -> bool {
        self.services().any(|service| service.degraded.is_some())
    }

    fn services(&self) -> impl Iterator<Item = &ServiceHealth> {
        self.levels.iter().flat_map(|(_, _, services)| services)
    }
}

fn observed(seen: &Observation, phase: &Phase) -> Observed {
    let (instance, trouble) = match &seen.instance {
        InstanceSeen::None => (None, None),
        InstanceSeen::Absent => (Some("gone".to_owned()), Some("the cloud does not know the instance".to_owned())),
        InstanceSeen::Unknown(reason) => (Some("unknown".to_owned()), Some(reason.clone())),
        InstanceSeen::Here(instance) => {
            let state = serde_json::to_value(instance.state).ok().and_then(|value| value.as_str().map(str::to_owned));
            (state, instance.reason.clone().filter(|_| instance.state.is_gone()))
        }
    };
    let (check, detail) = match &seen.check {
        Check::Skipped if matches!(phase, Phase::Ready { .. }) && seen.instance_is_gone() => ("gone", trouble),
        Check::Skipped => ("skipped", trouble),
        Check::Passed => ("passed", trouble),
        Check::Degraded(reason) => ("degraded", Some(reason.clone())),
        Check::Failed(failure) => ("failed", Some(failure.reason.clone())),
        Check::Gone(reason) => ("gone", Some(reason.clone())),
    };
    Observed { instance, check, detail }
}

/// The document of `plan status`.
pub fn health_json(health: &Health, held_by: Option<String>) -> Value {
    let services = |services: &[ServiceHealth]| -> Vec<Value> {
        services
            .iter()
            .map(|service| {
                json!({
                    "name": service.name,
                    "healthy": service.healthy,
                    "recorded": {
                        "state": service.state,
                        "since": service.since.to_string(),
                        "age_seconds": service.age.as_secs(),
                        "instance_id": service.instance_id,
                        "address": service.address,
                        "expires_at": health.leases.end(&service.name).map(|end| end.to_string()),
                    },
                    "observed": service.observed.as_ref().map(|seen| json!({
                        "instance": seen.instance,
                        "check": seen.check,
                        "detail": seen.detail,
                    })),
                    "failure": service.failure,
                    "degraded": service.degraded,
                })
            })
            .collect()
    };
    let levels: Vec<Value> = health
        .levels
        .iter()
        .map(|(number, name, of_level)| json!({ "number": number, "name": name, "services": services(of_level) }))
        .collect();
    json!({
        "schema": 1,
        "run": health.name,
        "id": health.id,
        "status": health.status,
        "healthy": health.is_healthy(),
        "degraded": health.is_degraded(),
        "observed_at": health.observed_at.map(|at| at.to_string()),
        "held_by": held_by,
        "levels": levels,
    })
}

/// The same for people.
pub fn health_human(health: &Health, held_by: Option<String>, style: Style) -> String {
    let head = match (health.is_healthy(), health.is_degraded()) {
        (true, false) => style.good("healthy"),
        (true, true) => style.warn("degraded"),
        (false, _) => style.bad("unhealthy"),
    };
    let head = if health.status == RunStatus::Terminated { style.dim("nothing is left of it") } else { head };
    let source = if health.observed_at.is_some() { "checked now" } else { "as recorded, nothing was checked" };
    let mut text =
        format!("{} is {}, {head} ({source})\n", style.bold(&health.name), style.state(health.status.as_str()));
    let is_held = held_by.is_some();
    if let Some(holder) = held_by {
        text.push_str(&format!("  held by {holder}\n"));
    }
    let mut rows: Vec<Vec<Cell>> = vec![
        ["LEVEL", "SERVICE", "RECORDED", "AGE", "INSTANCE", "CHECK", "ADDRESS"]
            .map(|title| Cell::painted(title, style.dim(title)))
            .into(),
    ];
    for (number, name, services) in &health.levels {
        for service in services {
            let seen = |pick: fn(&Observed) -> String| service.observed.as_ref().map_or_else(|| "-".to_owned(), pick);
            let instance = seen(|observed| observed.instance.clone().unwrap_or_else(|| "-".to_owned()));
            let check = seen(|observed| observed.check.to_owned());
            let painted = |word: &str| match word {
                "passed" | "running" => style.good(word),
                "failed" | "gone" | "terminated" => style.bad(word),
                "degraded" | "unknown" => style.warn(word),
                _ => word.to_owned(),
            };
            rows.push(vec![
                format!("{number} {name}").into(),
                service.name.clone().into(),
                Cell::painted(service.state, style.state(service.state)),
                duration(service.age).into(),
                Cell::painted(&instance, painted(&instance)),
                Cell::painted(&check, painted(&check)),
                service.address.clone().unwrap_or_default().into(),
            ]);
        }
    }
    text.push_str(&table(2, &rows));
    text.push_str(&health.leases.lines(health.now, style));
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in health.services() {
        if let Some(failure) = &service.failure {
            text.push_str(&failed(&service.name, failure, style));
        } else if let Some(detail) = service.observed.as_ref().and_then(|seen| seen.detail.as_ref()) {
            told.entry(detail).or_default().push(&service.name);
        } else if let Some(reason) = &service.degraded {
            text.push_str(&format!("{} {}: {}\n", style.warn("!"), service.name, printable(reason)));
        }
    }
    // A cloud that cannot be asked is said once, not for each of its machines.
    for (detail, services) in told {
        let more = services.len() - 1;
        let others = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!("{} {}{others}: {}\n", style.warn("!"), services[0], printable(detail)));
    }
    let name = &health.name;
    let way_on = match health.status {
        RunStatus::Terminated => None,
        // Whoever holds it is at it.
        _ if is_held || health.is_healthy() => None,
        RunStatus::Booting => Some((format!("hoist plan resume {name}"), "goes on")),
        RunStatus::Terminating => Some((format!("hoist plan terminate {name}"), "goes on")),
        RunStatus::Up | RunStatus::Failed => Some((format!("hoist plan repair {name}"), "replaces what is broken")),
    };
    if let Some((command, what)) = way_on {
        let logs = vec![format!("hoist plan logs {name} SERVICE").into(), "shows what its programs printed".into()];
        text.push_str(&table(2, &[vec![command.into(), what.into()], logs]));
    }
    text
}
