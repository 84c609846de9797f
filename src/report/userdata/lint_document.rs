//! The document of findings in user data.

use serde::Serialize;

use super::finding_view::FindingView;
use crate::diagnostics::Severity;
use crate::report::schema_version::SchemaVersion;
use crate::report::{Style, count, printable};
use crate::user_data::{Lint, SCHEMA_VERSION};

/// The document of `hoist userdata lint`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LintDocument<'a> {
    schema: SchemaVersion,
    /// The file, as it was named.
    file: &'a str,
    /// The version of cloud-init whose schema cloud-config is held against.
    cloud_init_schema: &'static str,
    /// What the user data is: a content type, or how it begins.
    kind: &'a str,
    /// Its length in bytes.
    bytes: usize,
    /// Its length in bytes when compressed; null where it is already.
    compressed_bytes: Option<usize>,
    /// The parts of a message.
    parts: Vec<PartView<'a>>,
    /// By place and line.
    findings: Vec<FindingView<'a>>,
}

/// A part of a message.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PartView<'a> {
    /// Its number and its type or name.
    part: &'a str,
    /// Its length in bytes, decoded.
    bytes: usize,
}

impl<'a> LintDocument<'a> {
    /// Creates the document of the findings in this file.
    pub fn new(file: &'a str, lint: &'a Lint) -> Self {
        Self {
            schema: SchemaVersion,
            file,
            cloud_init_schema: SCHEMA_VERSION,
            kind: &lint.kind,
            bytes: lint.bytes,
            compressed_bytes: lint.compressed_bytes,
            parts: lint.parts.iter().map(|part| PartView { part: &part.part, bytes: part.bytes }).collect(),
            findings: lint.findings.iter().map(FindingView::of).collect(),
        }
    }
}

/// Formats the findings for people: a line each, and a final summary.
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
