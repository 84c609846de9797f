//! What is wrong with a plan, in documents.

use std::path::Path;

use serde::Serialize;

use crate::plan::{PlanDiagnostic, Severity};

/// One thing that is wrong with a plan.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProblemView<'a> {
    /// `error` where the plan cannot run, `warning` where something has no effect or is probably not meant.
    severity: &'static str,
    /// The file it is in, as the user named it.
    file: &'a Path,
    /// From 1; null where the file as a whole is meant.
    line: Option<usize>,
    /// What is wrong, in one sentence without a full stop.
    message: &'a str,
    /// What to try.
    hint: Option<&'a str>,
}

impl<'a> ProblemView<'a> {
    /// Of this one.
    pub fn of(diagnostic: &'a PlanDiagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        Self {
            severity,
            file: &diagnostic.file,
            line: diagnostic.line,
            message: &diagnostic.message,
            hint: diagnostic.hint.as_deref(),
        }
    }
}
