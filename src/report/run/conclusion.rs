//! Final message of a command.

use super::diagnostics::diagnostics;
use super::not_gone::verdict;
use super::remains::remains;
use super::run_ending::RunEnding;
use super::service_failure::explain;
use super::stale;
use super::way_on::way_on;
use crate::engine::{DriveResult, Phase, Run};
use crate::report::guard::{in_one_line, printable};
use crate::report::time::duration;
use crate::report::{Cell, Style, count, table};

/// Maximum number of broken services explained; the rest is counted.
const MOST_EXPLAINED: usize = 5;

/// Maximum number of services in a table of results.
const MOST_LISTED: usize = 40;

/// Describes the result, with the commands to continue.
pub fn conclusion(run: &Run, halt: DriveResult, ending: &RunEnding, style: Style) -> String {
    let (name, took) = (style.bold(&run.name), duration(ending.took));
    let all = run.records().len();
    let services = count(all, "service");
    let told =
        |diagnostics: Vec<String>| diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect::<String>();
    let way_on = way_on(run, halt, ending);
    match halt {
        DriveResult::Up if !ending.gone.is_empty() || !ending.unknown.is_empty() => {
            let head = match ending.gone.len() {
                0 => format!("{name} is recorded as up; what is there is {}\n", style.warn("unknown")),
                gone => {
                    format!("{name} is recorded as up, and is {}: {gone} of {services} gone\n", style.bad("unhealthy"))
                }
            };
            format!("{head}{}{way_on}", told(diagnostics(run, halt, ending)))
        }
        DriveResult::Up => {
            let degraded: Vec<(usize, &str)> = degraded(run).collect();
            let up = style.good("up");
            let mut text = match ending.unproved.len() {
                0 => format!("{name} is {up}: {services} ready, {took}\n"),
                recorded if recorded == all => format!(
                    "{name} is recorded as {up}: {services} ready; their machines are there, nothing was checked\n"
                ),
                recorded => format!("{name} is {up}: {services} ready, {recorded} of them as recorded, {took}\n"),
            };
            text.push_str(&addresses(run, style));
            for (position, reason) in degraded {
                let service = &run.service(position).name;
                text.push_str(&format!("  {} {service}: {}\n", style.warn("degraded"), in_one_line(reason)));
            }
            text.push_str(&stale::of_run(run, style));
            text.push_str(&told(diagnostics(run, halt, ending)));
            text.push_str(&way_on);
            text
        }
        DriveResult::Terminated => {
            let given_up = given_up(run, style);
            let but = if given_up.is_empty() { "" } else { " but the files on hosts that were given up" };
            let gone = style.good("gone");
            let head = format!("{name} is {gone}: {services}, nothing is left of them{but}, {took}\n{given_up}");
            format!("{head}{}", told(diagnostics(run, halt, ending)))
        }
        DriveResult::Failed => {
            let broken = run.summary().failed;
            let head = format!("\n{name} {}: {broken} of {services}, {took}\n", style.bad("failed"));
            let diagnostics = told(diagnostics(run, halt, ending));
            format!("{head}{}{}{diagnostics}{way_on}", explain(run, style, MOST_EXPLAINED), stale::told(run, style))
        }
        DriveResult::Blocked => {
            let head = format!(
                "\n{name} {}: what is missing is on this side, and its machines stay as they are\n",
                style.warn("stopped")
            );
            format!("{head}{}{}{way_on}", told(diagnostics(run, halt, ending)), explain(run, style, MOST_EXPLAINED))
        }
        DriveResult::LeftoversRemain => {
            let (word, what) = verdict(run, &ending.remains);
            let head = format!("\n{name} {}: {what}\n", style.bad(word));
            format!("{head}{}{way_on}", remains(run, &ending.remains, style))
        }
        DriveResult::Interrupted => {
            let summary = run.summary();
            let head = format!(
                "{name} {}: {} of {services} ready, {} left\n",
                style.warn("stopped"),
                summary.ready,
                count(summary.instances, "instance")
            );
            format!("{head}{}{way_on}", addresses(run, style))
        }
    }
}

fn degraded(run: &Run) -> impl Iterator<Item = (usize, &str)> {
    run.records().iter().enumerate().filter_map(|(position, record)| match &record.phase {
        Phase::Ready { degraded: Some(reason) } => Some((position, reason.as_str())),
        _ => None,
    })
}

/// Describes the services whose hosts were abandoned.
fn given_up(run: &Run, style: Style) -> String {
    let mut text = String::new();
    for (position, record) in run.records().iter().enumerate() {
        let Some(address) = &record.abandoned else { continue };
        let host = if address.is_empty() { "its host".to_owned() } else { printable(address) };
        let service = style.bold(&run.service(position).name);
        let what = match run.service(position).launch {
            Some(_) => "its terminate program did not run".to_owned(),
            None => format!("what was put on {host} and what runs there stays"),
        };
        text.push_str(&format!("  {} {service}: {what}\n", style.warn("given up")));
    }
    text
}

/// Lists the existing instances, as recorded.
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
