//! The state of the resources of a set-up for annexes.

/// A resource of a set-up, and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupFinding {
    /// Its name in the set-up: `Bucket`, `SecurityGroup`, …, or `stack` for the whole.
    pub what: String,
    /// Its id in the cloud, where known.
    pub id: Option<String>,
    /// Its state.
    pub presence: DriftStatus,
    /// How it differs from the set-up, or why it is missing; a sentence each.
    pub details: Vec<String>,
}

/// The state of a resource.
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
    /// The word for it in messages and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Changed => "changed",
            Self::Missing => "missing",
        }
    }
}

impl SetupFinding {
    /// A resource that is as it should be, as far as is known by now.
    pub fn there(what: impl Into<String>, id: Option<String>) -> Self {
        Self { what: what.into(), id, presence: DriftStatus::There, details: Vec::new() }
    }

    /// A missing resource.
    pub fn missing(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), id: None, presence: DriftStatus::Missing, details: vec![why.into()] }
    }

    /// Marks the resource as missing.
    pub fn lost(&mut self, why: impl Into<String>) {
        self.presence = DriftStatus::Missing;
        self.details.push(why.into());
    }

    /// Adds a difference from the set-up.
    pub fn differs(&mut self, how: impl Into<String>) {
        self.presence = self.presence.max(DriftStatus::Changed);
        self.details.push(how.into());
    }
}
