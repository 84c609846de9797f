//! The jobs of annexes, for people.

use crate::annex::{AnnexJobs, NeverJobs};
use crate::report::{Cell, Style, count, printable, table};

/// Formats the jobs of one annex, with those that no slot can run.
pub fn annex_jobs_human(jobs: &AnnexJobs, style: Style) -> String {
    let AnnexJobs { idle, running, held, never, .. } = jobs;
    let mut text = format!("  jobs: {idle} idle, {running} running, {held} held\n");
    for NeverJobs { job, count: number, misfit } in never {
        let number = count(*number, "job");
        let whose = if misfit.of_job { "requires" } else { "is not what the slots take:" };
        let read: Vec<String> = misfit.values.iter().map(|(name, value)| format!("{name} is {value}")).collect();
        let read = if read.is_empty() { String::new() } else { format!(" ({})", read.join(", ")) };
        let clause = printable(&misfit.clause);
        let mark = style.warn("!");
        text.push_str(&format!(
            "{mark} {number} can run in no slot of it: {job} {whose} {clause}{}\n",
            printable(&read)
        ));
        text.extend(misfit.remedy.map(|remedy| format!("    try: {remedy}\n")));
    }
    text
}

/// Formats the annexes that have jobs.
pub fn annexes_jobs_human(annexes: &[AnnexJobs], style: Style) -> String {
    let titles = ["ANNEX", "STATE", "IDLE", "RUNNING", "HELD"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    let mut ended = Vec::new();
    for AnnexJobs { annex, is_living, idle, running, held, .. } in annexes {
        let name = printable(annex);
        let (state, painted) = match is_living {
            true => ("living", style.good("living")),
            false => ("ended", style.bad("ended")),
        };
        if !is_living {
            ended.push(name.clone());
        }
        let [idle, running, held] = [idle, running, held].map(|number| number.to_string().into());
        rows.push(vec![name.into(), Cell::painted(state, painted), idle, running, held]);
    }
    let mut text = table(0, &rows);
    for name in ended {
        let mark = style.warn("!");
        text.push_str(&format!(
            "{mark} annex {name} has ended or is not known here, and its jobs wait for ever; `hoist annex release-jobs {name}` frees them\n"
        ));
    }
    text
}
