//! What was found in user data.

use serde_json::{Value, json};

use super::{Style, count, printable};
use crate::diagnostics::Severity;
use crate::user_data::{Lint, SCHEMA_VERSION};

/// The document of `hoist userdata lint`.
pub fn user_data_json(file: &str, lint: &Lint) -> Value {
    let mut document = json!(lint);
    document["schema"] = json!(1);
    document["file"] = json!(file);
    document["cloud_init_schema"] = json!(SCHEMA_VERSION);
    document
}

/// The same for people: a line a finding, and a last one that sums up.
pub fn user_data_human(file: &str, lint: &Lint, style: Style) -> String {
    let mut text = String::new();
    for finding in &lint.findings {
        let said = printable(&finding.to_string());
        let said = match finding.diagnostic.severity {
            Severity::Error => said.replacen("error:", &style.bad("error:"), 1),
            Severity::Warning => said.replacen("warning:", &style.warn("warning:"), 1),
            Severity::Note => said.replacen("note:", &style.dim("note:"), 1),
        };
        text.push_str(&format!("{}:{said}\n", style.bold(printable(file))));
    }
    let number = |severity| lint.findings.iter().filter(|finding| finding.diagnostic.severity == severity).count();
    let found = match (number(Severity::Error), number(Severity::Warning)) {
        (0, 0) => "nothing is wrong".to_owned(),
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    };
    let compressed = lint.compressed_bytes.map(|bytes| format!(", {bytes} compressed")).unwrap_or_default();
    let sizes = format!("{} bytes{compressed}", lint.bytes);
    text.push_str(&format!("{}: {}, {sizes}: {found}", printable(file), printable(&lint.kind)));
    text
}
