//! A recorded run, for people.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::{DriveResult, Phase, Run};
use crate::report::guard::printable;
use crate::report::run::lease::Leases;
use crate::report::run::service_failure::explain;
use crate::report::time::duration;
use crate::report::{Cell, Style, count, table};

/// Formats a run's levels and services with their states; `is_held`: a process works on it.
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

/// Describes the result of a dry run.
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
