//! What is configured, reachable and missing here, a line each.

use serde_json::{Value, json};

use super::{Cell, Style, table};
use crate::provider::{DoctorFinding, FindingHealth};

/// The document of `hoist doctor`.
pub fn doctor_json(findings: &[DoctorFinding]) -> Value {
    let healthy = findings.iter().all(|finding| finding.health != FindingHealth::Wrong);
    let findings: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "what": finding.what,
                "status": finding.health.as_str(),
                "detail": finding.detail,
                "remedy": finding.remedy,
            })
        })
        .collect();
    json!({ "schema": 1, "healthy": healthy, "findings": findings })
}

/// The same for people.
pub fn doctor_human(findings: &[DoctorFinding], style: Style) -> String {
    let mut text = String::new();
    let rows: Vec<Vec<Cell>> = findings
        .iter()
        .map(|finding| {
            let word = finding.health.as_str();
            let painted = match finding.health {
                FindingHealth::Ok => style.good(word),
                FindingHealth::Absent => style.dim(word),
                FindingHealth::Wrong => style.bad(word),
            };
            vec![finding.what.into(), Cell::painted(word, painted), finding.detail.clone().into()]
        })
        .collect();
    let width = findings.iter().map(|finding| finding.what.chars().count()).max().unwrap_or_default();
    for (line, finding) in table(0, &rows).lines().zip(findings) {
        text.push_str(line);
        text.push('\n');
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("{:width$}  {} {remedy}\n", "", style.dim("try:")));
        }
    }
    text
}
