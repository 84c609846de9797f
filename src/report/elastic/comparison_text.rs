//! A comparison of engines for people.

use std::time::Duration;

use crate::elastic::simulate::{LeftOut, Report};
use crate::report::time::duration;
use crate::report::{Cell, Style, count, printable, table};

/// Number of classes of jobs that were never served which are shown for an engine.
const UNSERVED_SHOWN: usize = 5;

/// Renders results side by side, then the jobs that were never served.
pub fn comparison_human(left_out: &[LeftOut], assumptions: &[String], reports: &[Report], style: Style) -> String {
    let mut text = String::new();
    for LeftOut { reason, jobs } in left_out {
        text.push_str(&format!("{} {jobs} left out: {reason}\n", style.warn("note:")));
    }
    for assumption in assumptions {
        text.push_str(&format!("{} {}\n", style.warn("note:"), printable(assumption)));
    }
    let titles = reports.iter().map(|report| Cell::painted(&report.engine, style.bold(&report.engine)));
    let mut rows: Vec<Vec<Cell>> = vec![std::iter::once("".into()).chain(titles).collect()];
    for (what, value) in FIGURES {
        rows.push(std::iter::once((*what).into()).chain(reports.iter().map(|report| value(report).into())).collect());
    }
    text.push_str(&table(2, &rows));
    for report in reports {
        for unserved in report.unserved.iter().take(UNSERVED_SHOWN) {
            let group = unserved.group.as_ref().map_or_else(String::new, |group| format!(" of {}", printable(group)));
            let jobs = count(unserved.jobs, "job");
            text.push_str(&format!("{} {}: never served: {jobs}{group}\n", style.warn("!"), report.engine));
            for reason in &unserved.reasons {
                text.push_str(&format!("  {}\n", printable(reason)));
            }
        }
        if report.unserved.len() > UNSERVED_SHOWN {
            text.push_str(&format!("  … and {} more kinds of jobs\n", report.unserved.len() - UNSERVED_SHOWN));
        }
    }
    text
}

/// A figure: its name, and its value in a report.
type Figure = (&'static str, fn(&Report) -> String);

const FIGURES: &[Figure] = &[
    ("jobs done", |report| format!("{} of {}", report.jobs.done, report.jobs.total)),
    ("jobs interrupted", |report| (report.interrupted + report.interrupted_by_lease).to_string()),
    ("waiting, mean", |report| rounded(report.wait.mean)),
    ("waiting, p50", |report| seconds(report.wait.p50)),
    ("waiting, p95", |report| seconds(report.wait.p95)),
    ("waiting, p99", |report| seconds(report.wait.p99)),
    ("waiting, hours of all", |report| hours(report.wait_hours)),
    ("bounded slowdown", |report| report.bounded_slowdown.map_or_else(unknown, |mean| format!("{mean:.2}"))),
    ("machine hours", |report| hours(report.machine_hours.asked)),
    ("… starting", |report| hours(report.machine_hours.starting)),
    ("… busy", |report| hours(report.machine_hours.busy)),
    ("… idle", |report| hours(report.machine_hours.idle)),
    ("… draining", |report| hours(report.machine_hours.draining)),
    ("… never joined", |report| hours(report.machine_hours.never_joined)),
    ("cost", |report| report.cost.map_or_else(unknown, |cost| format!("{cost:.2}"))),
    ("utilisation", |report| report.utilisation.map_or_else(unknown, |part| format!("{:.0} %", part * 100.0))),
    ("machines launched", |report| report.churn.launches.to_string()),
    ("… that ran no job", |report| report.churn.unused.to_string()),
    ("most at once", |report| report.churn.most.to_string()),
    ("calls that change", |report| (report.calls.launch + report.calls.terminate + report.calls.drain).to_string()),
    ("calls that look", |report| {
        (report.calls.describe + report.calls.pool_query + report.calls.queue_query).to_string()
    }),
];

fn unknown() -> String {
    "-".to_owned()
}

fn hours(hours: f64) -> String {
    format!("{hours:.2}")
}

fn seconds(seconds: u32) -> String {
    duration(Duration::from_secs(u64::from(seconds)))
}

fn rounded(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
