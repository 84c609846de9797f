//! View of the status of annexes.

use jiff::Timestamp;
use serde_json::Value;

use crate::annex::{Annex, AnnexLeftover, AnnexPhase, AnnexStatus, ObservedState};
use crate::app::annex::{AnnexReport, StatusObserver};
use crate::app::{CommandError, Interaction as _};
use crate::cli::context::{Context, document};
use crate::report::time::local;
use crate::report::{
    AnnexDocument, AnnexStatusDocument, AnnexStatusesDocument, annex_classads, annex_human, annex_jobs_human, printable,
};

/// View that shows the status of each annex, or collects documents for a common one.
pub(super) struct StatusView<'a> {
    context: &'a Context,
    /// Whether to write ClassAds.
    classad: bool,
    /// Whether one annex was named, whose document is shown alone.
    is_one: bool,
    documents: Vec<Value>,
}

impl<'a> StatusView<'a> {
    /// Creates a view of one named annex, or of several.
    pub(super) fn new(context: &'a Context, classad: bool, is_one: bool) -> Self {
        Self { context, classad, is_one, documents: Vec::new() }
    }

    fn show(&mut self, report: &AnnexReport, status: &AnnexStatus) -> Result<(), CommandError> {
        let Self { context, documents, .. } = self;
        let AnnexReport { record, unfinished, jobs, .. } = report;
        if self.classad {
            return context.print(&annex_classads(status));
        }
        if context.wants_json() {
            let view = AnnexDocument::new(status, record, unfinished.clone()).with_jobs(jobs.as_ref());
            documents.push(document(&AnnexStatusDocument::There(Box::new(view)))?);
            return Ok(());
        }
        let name = &record.id.name;
        let mut lines: Vec<String> = unfinished.iter().cloned().collect();
        if status.seen.state == ObservedState::Settled && status.seen.wanted == 0 {
            lines.push(format!("no instance is wanted any more; `hoist annex update {name} --count N` brings some"));
        }
        if record.spec.as_ref().is_some_and(|spec| spec.runs_out) {
            lines.push("its lease runs out: nothing renews it, and jobs begin until its end".to_owned());
        }
        if !record.draining.is_empty() {
            lines.push(format!("draining: {}; `hoist annex drain {name}` goes on", record.draining.join(", ")));
        }
        let mut text = annex_human(status, context.style);
        text.extend(jobs.iter().map(|jobs| annex_jobs_human(jobs, context.style)));
        let warn = context.style.warn("!");
        lines.iter().for_each(|line| text.push_str(&format!("{warn} {line}\n")));
        context.print_with_advice(&text)
    }

    fn show_gone(&mut self, record: &Annex, remains: &[AnnexLeftover]) -> Result<(), CommandError> {
        let Self { context, documents, .. } = self;
        let name = &record.id.name;
        if context.wants_json() && !self.classad {
            documents.push(document(&AnnexStatusDocument::gone(record, remains))?);
            return Ok(());
        }
        let line = format!("{} is {}: {}", context.style.bold(name), context.style.bad("gone"), why_gone(record));
        // A missing annex has no ad.
        if self.classad {
            context.say(&line);
        } else {
            let mark = context.style.bad("!");
            let left = remains.iter().map(|left| format!("{mark} {} is still there\n", printable(&left.to_string())));
            context.print(&format!("{line}\n{}", left.collect::<String>()))?;
        }
        if record.stage != AnnexPhase::Ended {
            context.tell(&format!("  hoist annex delete {name}  clears what is left of it"));
        }
        Ok(())
    }
}

impl StatusObserver for StatusView<'_> {
    fn seen(&mut self, report: &AnnexReport) -> Result<(), CommandError> {
        match &report.status {
            Some(status) => self.show(report, status),
            None => self.show_gone(&report.record, &report.remains),
        }
    }

    fn failed(&mut self, record: &Annex, error: &CommandError) {
        let Self { context, documents, .. } = self;
        let name = &record.id.name;
        context.say(&format!("{name}: {}", error.message));
        error.hints.iter().for_each(|hint| context.say(&format!("  try: {hint}")));
        documents.extend(document(&AnnexStatusDocument::unknown(record, error.message.clone())));
    }

    fn looked(&mut self) -> Result<(), CommandError> {
        let mut documents = std::mem::take(&mut self.documents);
        if !self.context.wants_json() || self.classad {
            return Ok(());
        }
        match documents.pop() {
            Some(document) if self.is_one => self.context.print_json(&document),
            last => {
                documents.extend(last);
                self.context.print_json(&AnnexStatusesDocument::new(documents))
            }
        }
    }
}

fn why_gone(record: &Annex) -> String {
    match (record.stage, &record.spec) {
        (AnnexPhase::Ended, _) => "nothing is left of it".to_owned(),
        (AnnexPhase::New, _) => "it was never made".to_owned(),
        (AnnexPhase::Applying, _) if !record.made => {
            "it was to be made, and the cloud shows nothing of it yet; the same `hoist annex create` goes on".to_owned()
        }
        (_, Some(spec)) if spec.expires_at <= Timestamp::now() => {
            format!("its lease ended at {}", local(spec.expires_at))
        }
        _ => "the cloud has nothing of it".to_owned(),
    }
}
