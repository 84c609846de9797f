//! What is configured, reachable and missing here, a line each.

use serde_json::{Value, json};

use super::{Cell, Style, table};

/// One thing that was looked at.
pub struct DoctorFinding {
    /// What was looked at: a program, a file, a service.
    pub what: &'static str,
    /// How it is.
    pub health: FindingHealth,
    /// What was found, in a sentence.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingHealth {
    /// As it should be.
    Ok,
    /// Not set up, which matters only to those who want it.
    Absent,
    /// Wrong.
    Wrong,
}

impl FindingHealth {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Absent => "not set up",
            Self::Wrong => "wrong",
        }
    }
}

impl DoctorFinding {
    /// It is as it should be.
    pub fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, health: FindingHealth::Ok, detail: detail.into(), remedy: None }
    }

    /// It is not set up.
    pub fn absent(what: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, health: FindingHealth::Absent, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    /// It is wrong.
    pub fn wrong(what: &'static str, detail: impl Into<String>, remedy: Option<String>) -> Self {
        Self { what, health: FindingHealth::Wrong, detail: detail.into(), remedy }
    }
}

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
