//! Reporting values that come from unset environment variables.

use super::diagnostic_sink::DiagnosticSink;
use super::located::Located;
use crate::diagnostics::{Place, shown};

/// Reports, at its place, that `what` is the environment variable `variable`, which is not set although `reader`
/// references it. Several readers cause one report.
pub(super) fn report(findings: &DiagnosticSink, what: &str, name: &str, variable: &Located<String>, reader: &Place) {
    findings.error_with(
        &variable.place,
        format!("the {what} \"{}\" is env.{}, which is not set", shown(name), variable.value),
        Some(format!("set {}; {reader} reads it", variable.value)),
    );
}
