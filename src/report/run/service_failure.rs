//! Explanation of a failed service: the failure, the program's output, and hints.

use std::collections::HashMap;

use crate::engine::{Failure, JournalEntry, Phase, Run, RunEvent, ServiceEvent};
use crate::report::Style;
use crate::report::guard::{in_one_line, printable};
use crate::report::run::alike::alike;
use crate::report::time::duration;

/// Explains the broken services of the run, at most `limit` of them.
pub fn explain(run: &Run, style: Style, limit: usize) -> String {
    let broken: Vec<usize> =
        (0..run.records().len()).filter(|&position| run.record(position).phase.is_broken()).collect();
    let failures = broken.iter().filter_map(|&position| match &run.record(position).phase {
        Phase::Failed(failure) => {
            Some((run.service(position).name.as_str(), run.record(position).instance_id(), failure))
        }
        _ => None,
    });
    let failures = alike(failures);
    let mut told = 0;
    let mut text = String::new();
    for group in failures.iter().take(limit) {
        text.push_str(&failed(&run.name, &group.who(), group.failure, style));
        told += group.count();
    }
    let lost = broken.iter().filter_map(|&position| match &run.record(position).phase {
        Phase::Lost(reason) => Some((&run.service(position).name, reason)),
        _ => None,
    });
    for (name, reason) in lost.take(limit.saturating_sub(failures.len())) {
        text.push_str(&format!("{} {} is lost: {}\n", style.bad("✗"), style.bold(name), in_one_line(reason)));
        told += 1;
    }
    if broken.len() > told {
        text.push_str(&format!(
            "… and {} more; `hoist plan status {} --cached` lists them\n",
            broken.len() - told,
            run.name
        ));
    }
    text
}

/// Returns messages on the failures among these records, by the first record of each: a failure shared by many services
/// is reported once, and one in `told` only referred to.
pub(in crate::report) fn told_once(
    run: &Run,
    records: &[JournalEntry],
    told: &mut HashMap<String, String>,
    style: Style,
) -> HashMap<u64, String> {
    let failures = |is_of_removal: bool| {
        records.iter().filter_map(move |record| match &record.event {
            RunEvent::Service { service, change: ServiceEvent::Failed { failure } } if !is_of_removal => {
                Some((record.sequence, service.as_str(), failure))
            }
            RunEvent::Service { service, change: ServiceEvent::TerminateFailed { failure } } if is_of_removal => {
                Some((record.sequence, service.as_str(), failure))
            }
            _ => None,
        })
    };
    let mut texts = HashMap::new();
    for is_of_removal in [false, true] {
        let id_of = |service: &str| run.record(run.position(service)?).instance_id();
        for group in alike(failures(is_of_removal).map(|(_, service, failure)| (service, id_of(service), failure))) {
            let first = failures(is_of_removal).find(|(_, service, _)| *service == group.first());
            let Some((sequence, ..)) = first else { continue };
            let who = group.who();
            let text = match told.get(&group.key) {
                Some(earlier) if *earlier != who => {
                    format!("{} {}, as {earlier} did", style.bold(&who), style.bad("failed"))
                }
                _ if is_of_removal => failed(&run.name, &who, group.failure, style).trim_end().to_owned(),
                // The end of the command explains the failure.
                _ => {
                    format!("{} {}: {}", style.bold(&who), style.bad("failed"), in_one_line(&group.failure.reason))
                }
            };
            told.entry(group.key.clone()).or_insert(who);
            texts.insert(sequence, text);
        }
    }
    texts
}

/// Formats a hint, adding the run's name to commands that need it.
pub(super) fn try_this(hint: &str, run: &str) -> String {
    let named = |hint: String, command: &str| hint.replace(&format!("`{command}`"), &format!("`{command} {run}`"));
    let commands = ["hoist plan resume", "hoist plan repair", "hoist plan status", "hoist plan terminate"];
    printable(&commands.into_iter().fold(hint.to_owned(), named))
}

/// Describes a failure of a service of `run`, with the last lines of its program's output and the remedy.
pub fn failed(run: &str, service: &str, failure: &Failure, style: Style) -> String {
    let text = failure_text(service, failure, style);
    let Some(hint) = &failure.hint else { return text };
    format!("{text}  {} {}\n", style.dim("try:"), try_this(hint, run))
}

/// Describes a failure without its remedy.
pub(super) fn failure_text(service: &str, failure: &Failure, style: Style) -> String {
    let mut text = format!(
        "{} {} failed in stage {}: {}\n",
        style.bad("✗"),
        style.bold(service),
        failure.stage,
        in_one_line(&failure.reason)
    );
    failure.tried.iter().for_each(|line| text.push_str(&format!("  {}\n", printable(line))));
    if let Some(program) = &failure.program {
        let silent = if program.tail.is_empty() { ", it printed nothing" } else { "; its last lines:" };
        text.push_str(&format!("  {} ran {}{silent}\n", printable(&program.name), duration(program.took)));
        for line in &program.tail {
            text.push_str(&format!("  {} {}\n", style.dim("│"), printable(line)));
        }
    }
    text
}
