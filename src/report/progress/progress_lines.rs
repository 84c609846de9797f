//! Progress as plain lines, for logs and for output without a terminal.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::{JournalEntry, Observer, Run, RunEvent, ServiceEvent, Wait};
use crate::plan::Plan;
use crate::report::Style;
use crate::report::guard::{guarded, in_one_line, printable};
use crate::report::progress::waits::WaitLines;
use crate::report::run::{failed, told_once};
use crate::report::time::duration;

/// Writer of lines to standard error, for important events or for all.
pub struct Lines {
    style: Style,
    everything: bool,
    started: Instant,
    origin: Option<jiff::Timestamp>,
    /// Plan in force at the last report.
    plan: Arc<Plan>,
    /// Number of levels that were up at the last report; none before the first.
    raised: Option<usize>,
    waits: WaitLines,
    /// Failures already reported, each with the services that had it first.
    told: HashMap<String, String>,
}

impl Lines {
    /// Creates a writer of the important events of `run`, or of every change with `everything`.
    pub fn new(run: &Run, style: Style, everything: bool) -> Self {
        Self {
            plan: run.plan.clone(),
            style,
            everything,
            started: Instant::now(),
            origin: None,
            raised: None,
            waits: WaitLines::default(),
            told: HashMap::new(),
        }
    }

    fn line(&self, record: &JournalEntry, text: &str) {
        let since =
            self.origin.map_or_else(|| self.started.elapsed(), |origin| crate::report::time::age(origin, record.at));
        self.line_at(since, text);
    }

    fn line_at(&self, since: std::time::Duration, text: &str) {
        let stamp = self.style.dim(format!("[{:>8}]", duration(since)));
        // With standard error closed, nobody reads the messages.
        let _ = writeln!(std::io::stderr().lock(), "{stamp} {}", guarded(text));
    }

    fn service(&self, run: &Run, service: &str, change: &ServiceEvent, sequence: u64) -> Option<String> {
        let style = self.style;
        let name = style.bold(service);
        let address =
            || run.position(service).and_then(|position| run.record(position).address.clone()).unwrap_or_default();
        Some(match change {
            ServiceEvent::Launched { instance_id } => format!("{name} launched as {instance_id}"),
            ServiceEvent::Ready { degraded: None } => {
                format!("{name} {} {}", style.good("ready"), style.dim(address()))
            }
            ServiceEvent::Ready { degraded: Some(reason) } => {
                format!("{name} {}: {}", style.warn("degraded"), in_one_line(reason))
            }
            ServiceEvent::Lost { reason } => format!("{name} {}: {}", style.bad("lost"), in_one_line(reason)),
            ServiceEvent::ProgramRetried { program, failure } => {
                format!("{name} {program} program {} ({}), trying again", style.warn("failed"), failure.outcome)
            }
            ServiceEvent::TerminateStarted { again: true } => format!("{name} is being replaced"),
            ServiceEvent::TerminateProgramEnded { failure: Some(failure) } => {
                failed(&run.name, service, failure, style).trim_end().to_owned()
            }
            ServiceEvent::Abandoned => format!("{name} {}: what lies on its host stays there", style.warn("given up")),
            ServiceEvent::Terminated => format!("{name} terminated"),
            ServiceEvent::TerminateAccepted if self.everything => format!("{name} shuts down"),
            ServiceEvent::BootStarted if self.everything => format!("{name} runs its boot program"),
            ServiceEvent::CheckStarted if self.everything => format!("{name} runs its ready program"),
            ServiceEvent::Booted { .. } if self.everything => format!("{name} booted"),
            ServiceEvent::Reachable { address } if self.everything => format!("{name} answers at {address}"),
            ServiceEvent::Reconfigured => format!("{name} is configured again, by its boot program"),
            ServiceEvent::Addressed { address, .. } if has_moved(run, service, sequence) => {
                format!("{name} {}: {address}", style.warn("has another address"))
            }
            ServiceEvent::Addressed { address, .. } if self.everything => format!("{name} has the address {address}"),
            _ => return None,
        })
    }
}

impl Observer for Lines {
    fn recorded(&mut self, run: &Run, records: &[JournalEntry]) {
        let mut failures = told_once(run, records, &mut self.told, self.style);
        for record in records {
            self.origin.get_or_insert(record.at);
            let text = match &record.event {
                RunEvent::Service {
                    change: ServiceEvent::Failed { .. } | ServiceEvent::TerminateFailed { .. },
                    ..
                } => failures.remove(&record.sequence),
                RunEvent::Service { service, change } => self.service(run, service, change, record.sequence),
                RunEvent::PlanReplaced => {
                    let before = std::mem::replace(&mut self.plan, run.plan.clone());
                    // A reboot uses the same plan again.
                    (*before != *run.plan).then(|| "the new plan is in force".to_owned())
                }
                RunEvent::Goal { .. } | RunEvent::LaunchIntended { .. } | RunEvent::Ended { .. } => None,
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

    fn waits(&mut self, run: &Run, position: usize, wait: &Wait) {
        let text = self.waits.text(&run.service(position).name, position, wait, self.style);
        if let Some(text) = text {
            self.line_at(self.started.elapsed(), &text);
        }
    }
}

/// Returns whether the service had another address before this entry of the journal.
fn has_moved(run: &Run, service: &str, sequence: u64) -> bool {
    run.position(service).is_some_and(|position| run.record(position).has_moved_at(sequence))
}

/// Returns the number of levels, from the first, whose services are all ready.
fn levels_up(run: &Run) -> usize {
    let up = |level: &std::ops::Range<usize>| {
        level.clone().all(|position| matches!(run.record(position).phase, crate::engine::Phase::Ready { .. }))
    };
    run.levels().iter().take_while(|level| up(level)).count()
}
