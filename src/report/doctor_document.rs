//! The document of `hoist doctor`: configuration, reachability and missing programs, a line each.

use serde::Serialize;

use super::schema_version::SchemaVersion;
use super::{Cell, Style, table};
use crate::provider::{DoctorFinding, FindingHealth};

/// The document of `hoist doctor`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoctorDocument<'a> {
    schema: SchemaVersion,
    /// Whether nothing is wrong.
    healthy: bool,
    /// What was looked at.
    findings: Vec<DoctorFindingView<'a>>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoctorFindingView<'a> {
    /// A program, a file, a service.
    what: &'static str,
    /// `ok`, `absent` or `wrong`.
    status: &'static str,
    /// What was found, in a sentence.
    detail: &'a str,
    /// What to do about it.
    remedy: Option<&'a str>,
}

impl<'a> DoctorDocument<'a> {
    /// Creates the document of these findings.
    pub fn of(findings: &'a [DoctorFinding]) -> Self {
        let healthy = findings.iter().all(|finding| finding.health != FindingHealth::Wrong);
        let findings = findings.iter().map(|finding| DoctorFindingView {
            what: finding.what,
            status: finding.health.as_str(),
            detail: &finding.detail,
            remedy: finding.remedy.as_deref(),
        });
        Self { schema: SchemaVersion, healthy, findings: findings.collect() }
    }
}

/// Formats the findings for people.
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
