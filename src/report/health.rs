//! What is recorded of a run beside what is really there.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alike::alike;
use super::guard::in_one_line;
use super::lease::Leases;
use super::service_failure::{failed, try_this};
use super::stale::{add_stale, stale_lines};
use super::time::{age, duration};
use super::{Cell, Style, table};
use crate::engine::{
    Check, Failure, Goal, Observation, ObservedInstance, Phase, Run, RunStatus, Stage, Stale, moved, stale,
};

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
    since: Option<Timestamp>,
    age: Option<Duration>,
    instance_id: Option<String>,
    address: Option<String>,
    failure: Option<Failure>,
    degraded: Option<String>,
    /// Why nobody can say how it is.
    unknown: Option<String>,
    healthy: bool,
    /// Whether its terminate program failed, which may be overruled.
    is_kept: bool,
    observed: Option<Observed>,
    /// The address that it has now, where the recorded one is another.
    moved_to: Option<String>,
    stale: Vec<Stale>,
}

/// What to try with a machine of a run that is being brought down.
const GOES_ON: &str = "`hoist plan terminate` goes on with it";

struct Observed {
    instance: Option<String>,
    check: &'static str,
    detail: Option<String>,
    /// What to try.
    hint: Option<&'static str>,
}

impl ServiceHealth {
    /// Whether it has no machine any more, and nobody asked for that.
    fn has_lost_its_machine(&self) -> bool {
        let seen = self.observed.as_ref().and_then(|seen| seen.instance.as_deref());
        let is_gone = matches!(seen, Some("gone" | "terminated" | "shutting-down"));
        self.state == "lost" || (is_gone && !matches!(self.state, "terminating" | "terminated"))
    }

    /// Whether it is broken, and not only out of sight.
    fn is_seen_broken(&self) -> bool {
        self.failure.as_ref().map_or(self.state == "lost", |failure| !failure.blind)
    }
}

impl Health {
    /// The health of `run` by what was observed, or by what is recorded alone.
    pub fn new(run: &Run, observations: Option<Vec<Observation>>, now: Timestamp) -> Self {
        // What the values are worth with the addresses that were seen.
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
                // What was so is not what is so.
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
            levels: levels
                .map(|(level, range)| (level.number, level.name.clone(), range.clone().map(service).collect()))
                .collect(),
        }
    }

    /// Whether every service is.
    pub fn is_healthy(&self) -> bool {
        self.services().all(|service| service.healthy)
    }

    /// Whether something is known to be wrong with a service.
    pub fn is_ill(&self) -> bool {
        self.services().any(|service| !service.healthy && service.unknown.is_none())
    }

    /// Whether nobody can say how a service is.
    pub fn is_unknown(&self) -> bool {
        self.services().any(|service| service.unknown.is_some())
    }

    /// Whether an optional check fails, or what is recorded or was given to boot programs is no longer so.
    pub fn is_degraded(&self) -> bool {
        self.services()
            .any(|service| service.degraded.is_some() || service.moved_to.is_some() || !service.stale.is_empty())
    }

    fn services(&self) -> impl Iterator<Item = &ServiceHealth> {
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

fn observed_json(service: &ServiceHealth, seen: &Observed) -> Value {
    let mut document = json!({
        "instance": seen.instance,
        "address": service.moved_to.as_ref().or(service.address.as_ref()),
        "check": seen.check,
        "detail": seen.detail,
    });
    if let Some(hint) = seen.hint {
        document["hint"] = json!(hint);
    }
    document
}

/// The document of `plan status`.
pub fn health_json(health: &Health, held_by: Option<String>) -> Value {
    let one = |service: &ServiceHealth| {
        let mut document = json!({
            "name": service.name,
            "healthy": service.healthy,
            "recorded": {
                "state": service.state,
                "since": service.since.map(|since| since.to_string()),
                "age_seconds": service.age.map(|age| age.as_secs()),
                "instance_id": service.instance_id,
                "address": service.address,
                "expires_at": health.leases.end(&service.name).map(|end| end.to_string()),
            },
            "observed": service.observed.as_ref().map(|seen| observed_json(service, seen)),
            "failure": service.failure,
            "degraded": service.degraded,
        });
        if let Some(reason) = &service.unknown {
            document["unknown"] = json!(reason);
        }
        if let Some(address) = &service.moved_to {
            document["observed"]["address"] = json!(address);
        }
        add_stale(&mut document, &service.stale);
        document
    };
    let services = |services: &[ServiceHealth]| services.iter().map(one).collect::<Vec<Value>>();
    let levels: Vec<Value> = health
        .levels
        .iter()
        .map(|(number, name, of_level)| json!({ "number": number, "name": name, "services": services(of_level) }))
        .collect();
    let mut document = json!({
        "schema": 1,
        "run": health.name,
        "id": health.id,
        "status": health.status.word(held_by.is_some()),
        "healthy": health.is_healthy(),
        "degraded": health.is_degraded(),
        "observed_at": health.observed_at.map(|at| at.to_string()),
        "held_by": held_by,
        "levels": levels,
    });
    if health.is_unknown() {
        document["unknown"] = json!(true);
    }
    document
}

/// The same for people.
pub fn health_human(health: &Health, held_by: Option<String>, style: Style) -> String {
    let head = match (health.is_ill(), health.is_unknown(), health.is_degraded()) {
        (true, ..) => style.bad("unhealthy"),
        (_, true, _) => style.warn("unknown"),
        (.., true) => style.warn("degraded"),
        _ => style.good("healthy"),
    };
    let head = if health.status == RunStatus::Terminated { style.dim("nothing is left of it") } else { head };
    let is_held = held_by.is_some();
    let source = if health.observed_at.is_some() { "checked now" } else { "as recorded, nothing was checked" };
    let mut text =
        format!("{} is {}, {head} ({source})\n", style.bold(&health.name), style.state(health.status.word(is_held)));
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
                "failed" | "gone" | "terminated" | "shutting-down" | "stopped" | "stopping" => style.bad(word),
                "degraded" | "unknown" | "pending" => style.warn(word),
                _ => word.to_owned(),
            };
            rows.push(vec![
                format!("{number} {name}").into(),
                service.name.clone().into(),
                Cell::painted(service.state, style.state(service.state)),
                service.age.map_or_else(|| "-".to_owned(), duration).into(),
                Cell::painted(&instance, painted(&instance)),
                Cell::painted(&check, painted(&check)),
                service.moved_to.clone().or_else(|| service.address.clone()).unwrap_or_default().into(),
            ]);
        }
    }
    text.push_str(&table(2, &rows));
    text.push_str(&health.leases.lines(health.now, style));
    let failures = health
        .services()
        .filter_map(|service| Some((service.name.as_str(), service.instance_id.as_deref(), service.failure.as_ref()?)));
    for group in alike(failures) {
        text.push_str(&failed(&health.name, &group.who(), group.failure, style));
    }
    let mut told: BTreeMap<(&str, Option<&str>), Vec<&str>> = BTreeMap::new();
    for service in health.services() {
        if service.failure.is_some() {
            continue;
        }
        if let Some((seen, detail)) = service.observed.as_ref().and_then(|seen| Some((seen, seen.detail.as_ref()?))) {
            told.entry((detail, seen.hint)).or_default().push(&service.name);
        } else if let Some(reason) = &service.degraded {
            text.push_str(&format!("{} {}: {}\n", style.warn("!"), service.name, in_one_line(reason)));
        }
    }
    // A cloud that cannot be asked is said once, not for each of its machines.
    for ((detail, hint), services) in told {
        let more = services.len() - 1;
        let others = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!("{} {}{others}: {}\n", style.warn("!"), services[0], in_one_line(detail)));
        if let Some(hint) = hint {
            text.push_str(&format!("  {} {}\n", style.dim("try:"), try_this(hint, &health.name)));
        }
    }
    let mut configure = false;
    for service in health.services() {
        if let (Some(address), Some(recorded)) = (&service.moved_to, &service.address) {
            let name = &service.name;
            text.push_str(&format!("{} {name} is at {address} now; {recorded} is recorded\n", style.warn("!")));
        }
        configure |= !service.stale.is_empty();
        text.push_str(&stale_lines(&service.name, &service.stale, style));
    }
    let name = &health.name;
    let way_on = match health.status {
        RunStatus::Terminated => None,
        // Whoever holds it is at it.
        _ if is_held => None,
        RunStatus::Up if !health.is_ill() && configure => Some((
            format!("hoist plan repair {name} --with-dependents"),
            "runs the boot programs of such services again",
        )),
        RunStatus::Up if !health.is_ill() && health.services().any(|service| service.moved_to.is_some()) => {
            Some((format!("hoist plan resume {name}"), "takes the new address up"))
        }
        _ if !health.is_ill() => None,
        RunStatus::Booting if health.services().any(ServiceHealth::has_lost_its_machine) => {
            Some((format!("hoist plan repair {name}"), "replaces what is broken, and goes on"))
        }
        RunStatus::Booting => Some((format!("hoist plan resume {name}"), "goes on")),
        RunStatus::Terminating => Some((format!("hoist plan terminate {name}"), "goes on")),
        // What could not be seen may work.
        RunStatus::Failed if health.services().all(|service| !service.is_seen_broken()) => {
            Some((format!("hoist plan resume {name}"), "looks again"))
        }
        RunStatus::Up | RunStatus::Failed if configure => Some((
            format!("hoist plan repair {name} --with-dependents"),
            "runs the boot programs of such services again, and replaces what is broken",
        )),
        RunStatus::Up | RunStatus::Failed => Some((format!("hoist plan repair {name}"), "replaces what is broken")),
    };
    if let Some((command, what)) = way_on {
        let mut rows: Vec<Vec<Cell>> = vec![vec![command.into(), what.into()]];
        if health.status == RunStatus::Terminating && health.services().any(|service| service.is_kept) {
            let insisting = format!("hoist plan terminate {name} --force");
            rows.push(vec![insisting.into(), "ends it whatever its terminate program says".into()]);
        }
        rows.push(vec![format!("hoist plan logs {name} SERVICE").into(), "shows what its programs printed".into()]);
        text.push_str(&table(2, &rows));
    }
    text
}
