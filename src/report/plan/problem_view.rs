//! Errors of a plan, in documents.

use std::path::Path;

use serde::Serialize;

use crate::diagnostics::Diagnostic;

/// One thing that is wrong with a plan.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProblemView<'a> {
    /// `error` where the plan cannot run, `warning` where something has no effect or is probably not meant.
    severity: &'static str,
    /// The file it is in, as the user named it; null where it is in none.
    file: Option<&'a Path>,
    /// From 1; null where the file as a whole is meant.
    line: Option<usize>,
    /// What is wrong, in one sentence without a full stop.
    message: &'a str,
    /// What to try.
    hint: Option<String>,
}

impl<'a> ProblemView<'a> {
    /// Creates the view of this diagnostic.
    pub fn of(diagnostic: &'a Diagnostic) -> Self {
        let place = diagnostic.place.as_ref();
        Self {
            severity: diagnostic.severity.as_str(),
            file: place.map(|place| &*place.file),
            line: place.and_then(|place| place.line),
            message: &diagnostic.message,
            hint: diagnostic.joined_hints(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;
    use crate::diagnostics::Place;

    #[test]
    fn each_field_is_there() {
        let wrong = Diagnostic::warning("odd").at(Place::new("plan.toml", Some(3))).hint("even");
        let expected = json!({"severity": "warning", "file": "plan.toml", "line": 3, "message": "odd", "hint": "even"});
        assert_eq!(to_value(ProblemView::of(&wrong)).unwrap(), expected);
        let expected = json!({"severity": "error", "file": null, "line": null, "message": "bad", "hint": null});
        assert_eq!(to_value(ProblemView::of(&Diagnostic::error("bad"))).unwrap(), expected);
    }
}
