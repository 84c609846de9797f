//! What is wrong with a plan, where, and what to try.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::source_location::SourceLocation;

/// The most problems that are kept; a file that has more is not what the user meant to load.
const MAX_PROBLEMS: usize = 1000;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The plan cannot run.
    Error,
    /// The plan runs, but something in it has no effect or is probably not what its author meant.
    Warning,
}

/// One thing that is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanDiagnostic {
    /// Whether the plan can run in spite of it.
    pub severity: Severity,
    /// The file it is in, as the user named it.
    pub file: PathBuf,
    /// From 1; `None` where the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl PlanDiagnostic {
    /// A problem whose words may hold what was read: control characters are escaped.
    pub fn new(
        severity: Severity,
        file: impl Into<PathBuf>,
        line: Option<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        Self { severity, file: file.into(), line, message: printable(message.into()), hint: hint.map(printable) }
    }
}

impl fmt::Display for PlanDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", printable(self.file.display().to_string()))?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if self.severity == Severity::Warning {
            f.write_str(" warning:")?;
        }
        write!(f, " {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  {hint}")?;
        }
        Ok(())
    }
}

/// The text with control characters escaped: what a plan holds must not reach the terminal as a command to it.
fn printable(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// Everything that is wrong with a plan that cannot run: errors and warnings, by file and line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PlanDiagnostics(pub Vec<PlanDiagnostic>);

impl PlanDiagnostics {
    /// How many of them are errors.
    pub fn error_count(&self) -> usize {
        self.0.iter().filter(|problem| problem.severity == Severity::Error).count()
    }
}

impl fmt::Display for PlanDiagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanDiagnostics {}

/// What may stand in a part of a plan that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum UnparsedPart {
    /// Attributes of services.
    Attributes,
    /// Anything: services, variables, attributes.
    Anything,
}

/// Collects problems while a plan is read; shared by everything that reads it.
#[derive(Debug, Default)]
pub(super) struct DiagnosticSink {
    found: RefCell<Found>,
}

#[derive(Debug, Default)]
struct Found {
    problems: Vec<PlanDiagnostic>,
    /// What was reported already: replicas and defaults lead to the same mistake many times.
    seen: HashSet<(SourceLocation, String)>,
    errors: usize,
    left_out: usize,
    unread: Option<UnparsedPart>,
}

impl DiagnosticSink {
    pub(super) fn error(&self, place: &SourceLocation, message: impl Into<String>) {
        self.add(Severity::Error, place, message.into(), None);
    }

    pub(super) fn error_with(&self, place: &SourceLocation, message: impl Into<String>, hint: Option<String>) {
        self.add(Severity::Error, place, message.into(), hint);
    }

    pub(super) fn warning(&self, place: &SourceLocation, message: impl Into<String>) {
        self.add(Severity::Warning, place, message.into(), None);
    }

    pub(super) fn warning_with(&self, place: &SourceLocation, message: impl Into<String>, hint: Option<String>) {
        self.add(Severity::Warning, place, message.into(), hint);
    }

    /// Reports that a part of the plan could not be read.
    pub(super) fn unread(
        &self,
        part: UnparsedPart,
        place: &SourceLocation,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.error_with(place, message, hint);
        let mut found = self.found.borrow_mut();
        found.unread = found.unread.max(Some(part));
    }

    /// Whether such a part could not be read: what seems to be missing may stand there, and is not worth a report.
    pub(super) fn is_unread(&self, part: UnparsedPart) -> bool {
        self.found.borrow().unread >= Some(part)
    }

    pub(super) fn has_errors(&self) -> bool {
        self.found.borrow().errors > 0
    }

    fn add(&self, severity: Severity, place: &SourceLocation, message: String, hint: Option<String>) {
        let problem = PlanDiagnostic::new(severity, place.file.as_ref(), place.line, message, hint);
        let mut found = self.found.borrow_mut();
        if severity == Severity::Error {
            found.errors += 1;
        }
        if found.problems.len() >= MAX_PROBLEMS {
            found.left_out += 1;
        } else if found.seen.insert((place.clone(), problem.message.clone())) {
            found.problems.push(problem);
        }
    }

    /// Everything found, by file and line.
    pub(super) fn into_sorted(self) -> Vec<PlanDiagnostic> {
        let Found { mut problems, left_out, .. } = self.found.into_inner();
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        if left_out > 0
            && let Some(last) = problems.last()
        {
            let file = last.file.clone();
            problems.push(PlanDiagnostic {
                severity: Severity::Error,
                file,
                line: None,
                message: format!("there are {left_out} more problems, which are not shown"),
                hint: None,
            });
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn problems_are_shown_by_line_and_once() {
        let file: Arc<Path> = Arc::from(Path::new("plan.toml"));
        let findings = DiagnosticSink::default();
        findings.error_with(
            &SourceLocation::line(&file, 12),
            "unknown key \"readpgm\"",
            Some("did you mean \"x\"?".into()),
        );
        findings.warning(&SourceLocation::line(&file, 3), "odd");
        findings.error(&SourceLocation::line(&file, 12), "unknown key \"readpgm\"");
        assert!(findings.has_errors());
        let problems = PlanDiagnostics(findings.into_sorted());
        assert_eq!(problems.error_count(), 1);
        assert_eq!(
            problems.to_string(),
            "plan.toml:3: warning: odd\nplan.toml:12: unknown key \"readpgm\"\n  did you mean \"x\"?"
        );
    }

    #[test]
    fn what_plans_hold_cannot_drive_the_terminal() {
        let findings = DiagnosticSink::default();
        findings.error_with(
            &SourceLocation::file(Path::new("a\u{1b}[2J")),
            "b\u{1b}]0;x\u{7}",
            Some("c\n\u{9b}".into()),
        );
        let text = PlanDiagnostics(findings.into_sorted()).to_string();
        assert_eq!(text, "a\\u{1b}[2J: b\\u{1b}]0;x\\u{7}\n  c\\n\\u{9b}");
    }

    #[test]
    fn endless_problems_are_counted_not_kept() {
        let findings = DiagnosticSink::default();
        for line in 1..=MAX_PROBLEMS + 5 {
            findings.error(&SourceLocation { file: Path::new("a").into(), line: Some(line) }, "bad");
        }
        let problems = findings.into_sorted();
        assert_eq!(problems.len(), MAX_PROBLEMS + 1);
        assert_eq!(problems[MAX_PROBLEMS].message, "there are 5 more problems, which are not shown");
    }
}
