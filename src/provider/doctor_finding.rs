//! What `hoist doctor` finds: what is configured, reachable and missing here.

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
    /// In a word.
    pub fn as_str(self) -> &'static str {
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
