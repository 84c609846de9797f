//! Collecting the problems of a plan.

use std::cell::RefCell;
use std::collections::HashSet;

use crate::diagnostics::{Diagnostic, Place, Severity};

/// The maximum number of problems kept. A file with more is probably not the one that the user meant to load.
const MAX_PROBLEMS: usize = 1000;

/// The possible content of a part of a plan that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnparsedPart {
    /// Attributes of services.
    Attributes,
    /// Anything: services, variables, attributes.
    Anything,
}

/// Collects problems while a plan is read. Shared by all its readers.
#[derive(Debug, Default)]
pub(crate) struct DiagnosticSink {
    found: RefCell<Found>,
}

#[derive(Debug, Default)]
struct Found {
    problems: Vec<Diagnostic>,
    /// The problems reported so far: replicas and defaults lead to the same mistake many times.
    seen: HashSet<(Option<Place>, String)>,
    errors: usize,
    left_out: usize,
    unread: Option<UnparsedPart>,
}

impl DiagnosticSink {
    pub(crate) fn error(&self, place: &Place, message: impl Into<String>) {
        self.add(Severity::Error, place, message.into(), None);
    }

    pub(crate) fn error_with(&self, place: &Place, message: impl Into<String>, hint: Option<String>) {
        self.add(Severity::Error, place, message.into(), hint);
    }

    pub(crate) fn warning(&self, place: &Place, message: impl Into<String>) {
        self.add(Severity::Warning, place, message.into(), None);
    }

    pub(crate) fn warning_with(&self, place: &Place, message: impl Into<String>, hint: Option<String>) {
        self.add(Severity::Warning, place, message.into(), hint);
    }

    /// Reports that a part of the plan could not be read.
    pub(crate) fn unread(&self, part: UnparsedPart, place: &Place, message: impl Into<String>, hint: Option<String>) {
        self.error_with(place, message, hint);
        let mut found = self.found.borrow_mut();
        found.unread = found.unread.max(Some(part));
    }

    /// Returns whether a part with such content could not be read. Apparently missing content may be there, and is not
    /// reported.
    pub(crate) fn is_unread(&self, part: UnparsedPart) -> bool {
        self.found.borrow().unread >= Some(part)
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.found.borrow().errors > 0
    }

    fn add(&self, severity: Severity, place: &Place, message: String, hint: Option<String>) {
        self.report(Diagnostic::new(severity, message).at(place.clone()).hints(hint));
    }

    /// Adds a diagnostic that has its place and may quote input.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        let diagnostic = diagnostic.printable();
        let mut found = self.found.borrow_mut();
        if diagnostic.is_error() {
            found.errors += 1;
        }
        if found.problems.len() >= MAX_PROBLEMS {
            found.left_out += 1;
        } else if found.seen.insert((diagnostic.place.clone(), diagnostic.message.clone())) {
            found.problems.push(diagnostic);
        }
    }

    /// Returns all diagnostics, by file and line.
    pub(crate) fn into_sorted(self) -> Vec<Diagnostic> {
        let Found { mut problems, left_out, .. } = self.found.into_inner();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        if left_out > 0 {
            let file = problems.last().and_then(|last| last.place.clone()).map(|place| Place { line: None, ..place });
            let message = format!("there are {left_out} more problems, which are not shown");
            problems.push(Diagnostic { place: file, ..Diagnostic::error(message) });
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::diagnostics::Diagnostics;

    #[test]
    fn problems_are_shown_by_line_and_once() {
        let file: Arc<Path> = Arc::from(Path::new("plan.toml"));
        let findings = DiagnosticSink::default();
        findings.error_with(&Place::line(&file, 12), "unknown key \"readpgm\"", Some("did you mean \"x\"?".into()));
        findings.warning(&Place::line(&file, 3), "odd");
        findings.error(&Place::line(&file, 12), "unknown key \"readpgm\"");
        assert!(findings.has_errors());
        let problems = Diagnostics(findings.into_sorted());
        assert_eq!(problems.error_count(), 1);
        assert_eq!(
            problems.to_string(),
            "plan.toml:3: warning: odd\nplan.toml:12: unknown key \"readpgm\"\n  did you mean \"x\"?"
        );
    }

    #[test]
    fn what_plans_hold_cannot_drive_the_terminal() {
        let findings = DiagnosticSink::default();
        findings.error_with(&Place::file(Path::new("a\u{1b}[2J")), "b\u{1b}]0;x\u{7}", Some("c\n\u{9b}".into()));
        let text = Diagnostics(findings.into_sorted()).to_string();
        assert_eq!(text, "a\\u{1b}[2J: b\\u{1b}]0;x\\u{7}\n  c\\n\\u{9b}");
    }

    #[test]
    fn endless_problems_are_counted_not_kept() {
        let findings = DiagnosticSink::default();
        for line in 1..=MAX_PROBLEMS + 5 {
            findings.error(&Place { file: Path::new("a").into(), line: Some(line) }, "bad");
        }
        let problems = findings.into_sorted();
        assert_eq!(problems.len(), MAX_PROBLEMS + 1);
        assert_eq!(problems[MAX_PROBLEMS].message, "there are 5 more problems, which are not shown");
    }
}
