//! What is said when a command has done what it could.

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::{explain, printable};
use super::time::duration;
use super::{Cell, Style, count, table};
use crate::engine::{Halt, Phase, Remain, Run};

/// The most broken services that are explained; the rest is counted.
const MOST_EXPLAINED: usize = 5;

/// The most services that a table of results names.
const MOST_LISTED: usize = 40;

/// How it went, with the commands that go on. `others` is what is left beside the services' machines.
pub fn conclusion(run: &Run, halt: Halt, others: &[Remain], took: Duration, style: Style) -> String {
    let (name, took) = (style.bold(&run.name), duration(took));
    let all = run.records().len();
    let services = count(all, "service");
    match halt {
        Halt::Up => {
            let degraded: Vec<(usize, &str)> = degraded(run).collect();
            let mut text = format!("{name} is {}: {services} ready, {took}\n", style.good("up"));
            text.push_str(&addresses(run, style));
            for (position, reason) in degraded {
                let service = &run.service(position).name;
                text.push_str(&format!("  {} {service}: {}\n", style.warn("degraded"), printable(reason)));
            }
            text.push_str(&way_on(run, halt));
            text
        }
        Halt::Gone => {
            format!("{name} is {}: {services}, nothing is left of them, {took}\n", style.good("gone"))
        }
        Halt::Failed => {
            let broken = run.summary().failed;
            let head = format!("\n{name} {}: {broken} of {services}, {took}\n", style.bad("failed"));
            format!("{head}{}{}", explain(run, style, MOST_EXPLAINED), way_on(run, halt))
        }
        Halt::Remains => {
            let head = format!("\n{name} {}: what is listed here is still there\n", style.bad("is not gone"));
            format!("{head}{}{}", remains(run, others, style), way_on(run, halt))
        }
        Halt::Stopped => {
            let summary = run.summary();
            let head = format!(
                "{name} {}: {} of {services} ready, {} left\n",
                style.warn("stopped"),
                summary.ready,
                count(summary.instances, "instance")
            );
            format!("{head}{}{}", addresses(run, style), way_on(run, halt))
        }
    }
}

/// What is left beside the services' machines, in JSON.
pub fn remains_json(others: &[Remain]) -> Value {
    others.iter().map(|other| json!({ "what": other.what, "hint": other.hint })).collect()
}

/// The commands that go on from here.
pub fn way_on(run: &Run, halt: Halt) -> String {
    let name = &run.name;
    let commands: Vec<(String, &str)> = match halt {
        Halt::Up => vec![
            (format!("hoist plan status {name}"), "asks whether it still works"),
            (format!("hoist plan terminate {name}"), "brings it down"),
        ],
        Halt::Gone => Vec::new(),
        Halt::Failed => {
            let mut commands: Vec<(String, &str)> = (0..run.records().len())
                .filter(|&position| run.record(position).phase.is_broken())
                .take(1)
                .map(|position| {
                    (
                        format!("hoist plan logs {name} {}", run.service(position).name),
                        "shows what its programs printed",
                    )
                })
                .collect();
            commands.push((format!("hoist plan resume {name}"), "tries again on the same machines"));
            commands.push((format!("hoist plan repair {name}"), "replaces what is broken"));
            commands.push((format!("hoist plan terminate {name}"), "brings everything down"));
            commands
        }
        Halt::Remains => vec![
            (format!("hoist plan terminate {name}"), "goes on"),
            (format!("hoist plan history {name}"), "lists every machine"),
        ],
        Halt::Stopped => vec![
            (format!("hoist plan resume {name}"), "goes on"),
            (format!("hoist plan terminate {name}"), "brings everything down"),
        ],
    };
    let rows: Vec<Vec<Cell>> = commands.into_iter().map(|(command, what)| vec![command.into(), what.into()]).collect();
    table(2, &rows)
}

fn degraded(run: &Run) -> impl Iterator<Item = (usize, &str)> {
    run.records().iter().enumerate().filter_map(|(position, record)| match &record.phase {
        Phase::Ready { degraded: Some(reason) } => Some((position, reason.as_str())),
        _ => None,
    })
}

/// What exists, as far as is recorded.
fn addresses(run: &Run, style: Style) -> String {
    let mut rows = Vec::new();
    for (level, range) in run.plan.levels.iter().zip(run.levels()) {
        for position in range.clone() {
            let record = run.record(position);
            if record.instance.is_none() && record.address.is_none() {
                continue;
            }
            rows.push(vec![
                Cell::painted(&level.name, style.dim(&level.name)),
                run.service(position).name.clone().into(),
                record.address.clone().unwrap_or_default().into(),
                record.instance_id().unwrap_or_default().to_owned().into(),
            ]);
        }
    }
    let left = rows.len().saturating_sub(MOST_LISTED);
    rows.truncate(MOST_LISTED);
    let mut text = table(2, &rows);
    if left > 0 {
        text.push_str(&format!("  … and {left} more: hoist plan show {}\n", run.name));
    }
    text
}

/// Everything that could not be removed.
fn remains(run: &Run, others: &[Remain], style: Style) -> String {
    let mut text = String::new();
    for (position, record) in run.records().iter().enumerate() {
        if let Phase::Terminated { .. } = record.phase {
            continue;
        }
        let service = style.bold(&run.service(position).name);
        let id = record.instance_id().unwrap_or("no instance");
        let failure = match &record.phase {
            Phase::Terminating(farewell) => farewell.failure.as_ref(),
            _ => None,
        };
        let why = failure.map_or_else(|| id.to_owned(), |failure| printable(&failure.reason));
        text.push_str(&format!("  {service}: {why}\n"));
        if let Some(hint) = failure.and_then(|failure| failure.hint.as_ref()) {
            text.push_str(&format!("    {} {}\n", style.dim("try:"), printable(hint)));
        }
    }
    for Remain { what, hint } in others {
        text.push_str(&format!("  {}\n", printable(what)));
        if let Some(hint) = hint {
            text.push_str(&format!("    {} {}\n", style.dim("try:"), printable(hint)));
        }
    }
    text
}
