//! What is wrong with a document, for programs.

use serde_json::{Value, json};

use crate::diagnostics::Diagnostic;

/// Each with `severity`, `file`, `line`, `message` and `hint`; what is not there is null.
pub fn diagnostics_json(diagnostics: &[Diagnostic]) -> Value {
    diagnostics.iter().map(diagnostic_json).collect()
}

fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    let file = diagnostic.place.as_ref().map(|place| place.file.to_string_lossy());
    let line = diagnostic.place.as_ref().and_then(|place| place.line);
    json!({
        "severity": diagnostic.severity,
        "file": file,
        "line": line,
        "message": diagnostic.message,
        "hint": diagnostic.joined_hints(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Place;

    #[test]
    fn each_field_is_there() {
        let wrong = Diagnostic::warning("odd").at(Place::new("plan.toml", Some(3))).hint("even");
        let expected = json!([
            {"severity": "warning", "file": "plan.toml", "line": 3, "message": "odd", "hint": "even"},
            {"severity": "error", "file": null, "line": null, "message": "bad", "hint": null},
        ]);
        assert_eq!(diagnostics_json(&[wrong, Diagnostic::error("bad")]), expected);
    }
}
