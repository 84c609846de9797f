//! Findings of `hoist doctor` about configuration, reachability and missing parts.

/// The result of a check.
pub struct DoctorFinding {
    /// The subject of the check: a program, a file, a service.
    pub what: &'static str,
    /// Its condition.
    pub health: FindingHealth,
    /// The finding, in a sentence.
    pub detail: String,
    /// The remedy, if one is needed.
    pub remedy: Option<String>,
}

/// The condition of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingHealth {
    /// In order.
    Ok,
    /// Not set up; matters to those who need it only.
    Absent,
    /// Wrong.
    Wrong,
}

impl FindingHealth {
    /// Returns the condition in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Absent => "not set up",
            Self::Wrong => "wrong",
        }
    }
}

impl DoctorFinding {
    /// Creates a finding of a subject in order.
    pub fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, health: FindingHealth::Ok, detail: detail.into(), remedy: None }
    }

    /// Creates a finding of a subject that is not set up.
    pub fn absent(what: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, health: FindingHealth::Absent, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    /// Creates a finding of a subject that is wrong.
    pub fn wrong(what: &'static str, detail: impl Into<String>, remedy: Option<String>) -> Self {
        Self { what, health: FindingHealth::Wrong, detail: detail.into(), remedy }
    }
}
