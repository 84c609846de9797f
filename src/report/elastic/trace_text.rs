//! A simulation's trace for people.

use std::time::Duration;

use crate::elastic::engine::Seconds;
use crate::elastic::simulate::{Event, Scenario, Summary, Trace};
use crate::report::time::duration;
use crate::report::{Cell, Style, count, printable, table};

/// Renders a trace: totals, then each event with its time since the scenario's start.
pub fn trace_human(scenario: &Scenario, trace: &Trace, style: Style) -> String {
    let mut text = format!(
        "{}: {}, {} in virtual time{}\n",
        style.bold(printable(&scenario.id)),
        trace.engine,
        length(scenario.duration),
        if scenario.quirk { ", protections on" } else { "" },
    );
    text.push_str(&table(2, &totals(&trace.summary)));
    let rows: Vec<Vec<Cell>> = trace.events.iter().map(|event| row(event, style)).collect();
    text.push_str(&table(2, &rows));
    text
}

fn totals(summary: &Summary) -> Vec<Vec<Cell>> {
    let mut rows: Vec<(&str, String)> = Vec::new();
    match summary {
        Summary::Elastiq(totals) => {
            rows.push(("machines", machines(totals.boots, totals.terminates, Some(totals.most_machines))));
            rows.push(("machine hours", hours(totals.machine_seconds)));
            rows.push(("jobs", jobs(totals.jobs_done, totals.last_job_done)));
            rows.push(("job hours waited", hours(totals.job_wait_seconds)));
            rows.push(("jobs interrupted", totals.jobs_requeued.to_string()));
        }
        Summary::Epu(totals) => {
            rows.push(("machines", machines(totals.launches, totals.destroys, None)));
            rows.push(("machine hours", hours(totals.machine_seconds)));
        }
        Summary::Coalition(totals) => {
            rows.push(("machines", machines(totals.starts, totals.stops, Some(totals.most_machines))));
            rows.push(("machine hours", hours(totals.machine_seconds)));
            rows.push(("jobs", jobs(totals.jobs_done, totals.last_job_done)));
        }
    }
    rows.into_iter().map(|(what, value)| vec![what.into(), value.into()]).collect()
}

fn machines(launched: u64, ended: u64, most: Option<u64>) -> String {
    let most = most.map_or_else(String::new, |most| format!(", at most {most} at once"));
    format!("{launched} launched, {ended} ended{most}")
}

fn jobs(done: u64, last: Option<Seconds>) -> String {
    let last = last.map_or_else(String::new, |last| format!(", the last after {}", length(last)));
    format!("{done} done{last}")
}

fn hours(seconds: i64) -> String {
    let hundredths = seconds.saturating_mul(100) / 3600;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Formats a number of seconds.
fn length(seconds: Seconds) -> String {
    duration(Duration::from_secs(seconds.unsigned_abs()))
}

fn row(event: &Event, style: Style) -> Vec<Cell> {
    let action = event.action.replace('_', " ");
    let painted = match event.action {
        "boot" | "launch" | "start" => style.good(&action),
        "terminate" | "destroy" | "stop" => style.warn(&action),
        failed if failed.ends_with("failed") || failed.ends_with("died") => style.bad(&action),
        _ => action.clone(),
    };
    let number = event.count.map(|number| count(number, "machine")).unwrap_or_default();
    let reason = event.reason.map(|reason| reason.replace('_', " ")).unwrap_or_default();
    let ids = event.ids.as_ref().map(|ids| ids.join(" ")).unwrap_or_default();
    let detail = event.error.as_deref().map(printable).unwrap_or(ids);
    vec![format!("{} s", event.t).into(), Cell::painted(&action, painted), number.into(), reason.into(), detail.into()]
}
