//! What there is of a set-up for annexes, thing by thing.

/// One thing of a set-up, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupFinding {
    /// Its name in the set-up: `Bucket`, `SecurityGroup`, …, or `stack` for the whole.
    pub what: String,
    /// What it is called in the cloud, where it is known.
    pub id: Option<String>,
    /// Whether it is there.
    pub presence: DriftStatus,
    /// What is different from what it should be, or why it is missing; a sentence each.
    pub details: Vec<String>,
}

/// Whether a thing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftStatus {
    /// As it should be.
    There,
    /// There, but not as it should be.
    Changed,
    /// Not there.
    Missing,
}

impl DriftStatus {
    /// The word for it, in messages and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Changed => "changed",
            Self::Missing => "missing",
        }
    }
}

impl SetupFinding {
    /// A thing that is as it should be, as far as is known by now.
    pub fn there(what: impl Into<String>, id: Option<String>) -> Self {
        Self { what: what.into(), id, presence: DriftStatus::There, details: Vec::new() }
    }

    /// A thing that is not there.
    pub fn missing(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), id: None, presence: DriftStatus::Missing, details: vec![why.into()] }
    }

    /// Notes that it is not there after all.
    pub fn lost(&mut self, why: impl Into<String>) {
        self.presence = DriftStatus::Missing;
        self.details.push(why.into());
    }

    /// Notes a difference from what it should be.
    pub fn differs(&mut self, how: impl Into<String>) {
        self.presence = self.presence.max(DriftStatus::Changed);
        self.details.push(how.into());
    }
}
