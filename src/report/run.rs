//! A run as it is recorded, as JSON and for people.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::guard::printable;
use super::lease::Leases;
use super::plan::show_json;
use super::service_failure::explain;
use super::stale::add_stale;
use super::time::duration;
use super::{Cell, Style, count, table};
use crate::engine::{DriveResult, Phase, Run, stale};
use crate::plan::Attributes;

/// The document of `plan show RUN` where no process works on the run: that of `plan show PLAN`, with `state`,
/// `instance_id`, `address`, expanded attributes and times.
pub fn run_json(run: &Run) -> Value {
    let mut document = show_json(&run.plan);
    let summary = run.summary();
    document["run"] = json!(run.name);
    document["id"] = json!(run.id);
    document["status"] = json!(summary.status.word(false));
    let attributes = Attributes::new(run.index(), run);
    let services = document["levels"].as_array_mut().into_iter().flatten();
    let services = services.flat_map(|level| level["services"].as_array_mut().into_iter().flatten());
    for (position, service) in services.enumerate() {
        let record = run.record(position);
        service["state"] = json!(record.phase.name());
        let since = Some(record.since).filter(|since| *since != Timestamp::UNIX_EPOCH);
        service["since"] = json!(since.map(|since| since.to_string()));
        service["attempt"] = json!(record.attempt);
        if record.abandoned.is_some() {
            service["abandoned"] = json!(true);
        }
        service["instance_id"] = json!(record.instance_id());
        service["address"] = json!(record.address);
        let expires_at = record.instance.as_ref().and_then(|instance| instance.expires_at);
        service["expires_at"] = json!(expires_at.map(|end| end.to_string()));
        service["private_address"] = json!(record.private_address);
        // What has no value yet is left out: it depends on what has not been raised.
        let name = &run.service(position).name;
        let own = run.service(position).attributes.keys().chain(record.output.keys());
        service["attributes"] = own
            .filter_map(|attribute| Some((attribute.clone(), json!(attributes.value(name, attribute).ok()?))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        add_stale(service, &stale(run, position));
        service["failure"] = match &record.phase {
            Phase::Failed(failure) => json!(failure),
            Phase::Lost(reason) => json!({ "stage": "lost", "reason": reason }),
            Phase::Terminating(farewell) => json!(farewell.failure.as_ref().or(farewell.program_failure.as_ref())),
            _ => Value::Null,
        };
        service["degraded"] = match &record.phase {
            Phase::Ready { degraded } => json!(degraded),
            _ => Value::Null,
        };
    }
    document
}

/// A run's levels and services with their states; `is_held`: a process works on it.
pub fn run_human(run: &Run, is_held: bool, now: Timestamp, style: Style) -> String {
    let status = run.status().word(is_held);
    let file = style.dim(run.plan.file.display());
    let mut text = format!("{} is {}  {file}\n", style.bold(&run.name), style.state(status));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (level, range) in run.plan.levels.iter().zip(run.levels()) {
        for position in range.clone() {
            let record = run.record(position);
            let state = record.phase.name();
            rows.push(vec![
                format!("{} {}", level.number, level.name).into(),
                run.service(position).name.clone().into(),
                Cell::painted(state, style.state(state)),
                record.instance_id().unwrap_or_default().to_owned().into(),
                record.address.clone().unwrap_or_default().into(),
                record
                    .output
                    .iter()
                    .map(|(key, value)| printable(&format!("{key}={value}")))
                    .collect::<Vec<_>>()
                    .join(" ")
                    .into(),
            ]);
        }
    }
    text.push_str(&table(2, &rows));
    text.push_str(&Leases::of(run).lines(now, style));
    text
}

/// How a dry run went.
pub fn dry_run(run: &Run, halt: DriveResult, simulated: Duration, style: Style) -> String {
    let (services, levels) = (run.records().len(), run.levels().len());
    let launched = run.plan.services().filter(|(_, service)| service.launch.is_some()).count();
    let took = duration(simulated);
    if halt == DriveResult::Up {
        return format!(
            "{}: {} in {} would be raised, {} launched; about {took} on a cloud as fast as EC2\n\
             nothing was launched and nothing was recorded\n",
            style.bold(&run.plan.name),
            count(services, "service"),
            count(levels, "level"),
            count(launched, "machine")
        );
    }
    let ready = run.records().iter().filter(|record| matches!(record.phase, Phase::Ready { .. })).count();
    let head = format!("{}: {ready} of {} would be raised\n", style.bold(&run.plan.name), count(services, "service"));
    format!("{head}{}", explain(run, style, 5))
}
