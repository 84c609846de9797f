//! Progress as plain lines, for logs and for terminals that are none.

use std::io::Write;
use std::time::Instant;

use super::Style;
use super::failure::{failed, printable};
use super::time::duration;
use crate::engine::{Change, Event, Observer, Record, Run};

/// Writes a line to standard error for what matters, or for everything.
pub struct Lines {
    style: Style,
    everything: bool,
    started: Instant,
    origin: Option<jiff::Timestamp>,
    /// How many levels were up when it was last told; none before.
    raised: Option<usize>,
}

impl Lines {
    /// Writes what matters, or every change with `everything`.
    pub fn new(style: Style, everything: bool) -> Self {
        Self { style, everything, started: Instant::now(), origin: None, raised: None }
    }

    fn line(&self, record: &Record, text: &str) {
        let since = self.origin.map_or_else(|| self.started.elapsed(), |origin| super::time::age(origin, record.at));
        let stamp = self.style.dim(format!("[{:>8}]", duration(since)));
        // Nobody is left to be told when standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{stamp} {text}");
    }

    fn service(&self, run: &Run, service: &str, change: &Change) -> Option<String> {
        let style = self.style;
        let name = style.bold(service);
        let address =
            || run.position(service).and_then(|position| run.record(position).address.clone()).unwrap_or_default();
        Some(match change {
            Change::Launched { instance_id } => format!("{name} launched as {instance_id}"),
            Change::Ready { degraded: None } => format!("{name} {} {}", style.good("ready"), style.dim(address())),
            Change::Ready { degraded: Some(reason) } => {
                format!("{name} {}: {}", style.warn("degraded"), printable(reason))
            }
            // The end of the command explains it.
            Change::Failed { failure } => format!("{name} {}: {}", style.bad("failed"), printable(&failure.reason)),
            Change::Lost { reason } => format!("{name} {}: {}", style.bad("lost"), printable(reason)),
            Change::ProgramRetried { program, failure } => {
                format!("{name} {program} program {} ({}), trying again", style.warn("failed"), failure.outcome)
            }
            Change::TerminateStarted { again: true } => format!("{name} is being replaced"),
            Change::TerminateProgramEnded { failure: Some(failure) } => {
                failed(service, failure, style).trim_end().to_owned()
            }
            Change::TerminateFailed { failure } => failed(service, failure, style).trim_end().to_owned(),
            Change::Terminated => format!("{name} terminated"),
            Change::BootStarted if self.everything => format!("{name} runs its boot program"),
            Change::CheckStarted if self.everything => format!("{name} runs its ready program"),
            Change::Booted { .. } if self.everything => format!("{name} booted"),
            Change::Reachable { address } if self.everything => format!("{name} answers at {address}"),
            Change::Addressed { address, .. } if self.everything => format!("{name} has the address {address}"),
            _ => return None,
        })
    }
}

impl Observer for Lines {
    fn recorded(&mut self, run: &Run, records: &[Record]) {
        for record in records {
            self.origin.get_or_insert(record.at);
            let text = match &record.event {
                Event::Service { service, change } => self.service(run, service, change),
                Event::PlanReplaced => Some("the new plan is in force".to_owned()),
                Event::Goal { .. } | Event::LaunchIntended { .. } | Event::Ended { .. } => None,
            };
            if let Some(text) = text {
                self.line(record, &text);
            }
        }
        let raised = levels_up(run);
        let before = self.raised.replace(raised).unwrap_or(raised);
        if let (Some(level), Some(record)) = (run.plan.levels.get(before..raised), records.last()) {
            for level in level {
                self.line(record, &self.style.good(format!("level {} {} is up", level.number, level.name)));
            }
        }
    }

    fn note(&mut self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{} {}", self.style.warn("note:"), printable(text));
    }
}

/// How many levels, from the first, have all their services ready.
fn levels_up(run: &Run) -> usize {
    let up = |level: &std::ops::Range<usize>| {
        level.clone().all(|position| matches!(run.record(position).phase, crate::engine::Phase::Ready { .. }))
    };
    run.levels().iter().take_while(|level| up(level)).count()
}
