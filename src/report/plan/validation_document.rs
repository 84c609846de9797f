//! The document of a checked plan.

use serde::Serialize;

use super::problem_view::ProblemView;
use crate::diagnostics::Diagnostic;
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist plan validate`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidationDocument<'a> {
    schema: SchemaVersion,
    /// The plan's name; null where the plan cannot be read.
    plan: Option<&'a str>,
    /// Whether it can run.
    valid: bool,
    /// What is wrong with it, by file and line.
    problems: Vec<ProblemView<'a>>,
}

impl<'a> ValidationDocument<'a> {
    /// Creates the document of the plan of this name, if it can run, with its problems.
    pub fn new(plan: Option<&'a str>, problems: &'a [Diagnostic]) -> Self {
        let valid = plan.is_some();
        Self { schema: SchemaVersion, plan, valid, problems: problems.iter().map(ProblemView::of).collect() }
    }
}
