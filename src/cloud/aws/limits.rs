//! The request limits of the services that hoist calls.

use super::bucket::Rate;

/// Calls that draw from one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// `RunInstances`; each instance costs a resource token besides.
    RunInstances,
    /// `TerminateInstances`; each instance costs a resource token besides.
    TerminateInstances,
    /// `Describe*` with a filter, ids or pages.
    Describe,
    /// `Describe*` of everything at once.
    DescribeAll,
    /// `CreateTags`.
    CreateTags,
    /// Everything else that changes something, such as `CreateFleet`.
    Mutate,
    /// The security token service.
    Identity,
}

/// What a group may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Calls.
    pub requests: Rate,
    /// What calls make or remove, where that is limited too.
    pub resources: Option<Rate>,
}

/// The limits of all groups.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    factor: f64,
}

impl Limits {
    /// AWS's own figures for an account and region (EC2 developer guide, "Request throttling for the Amazon EC2 API", tables
    /// "Request token bucket sizes and refill rates" and "Resource token bucket sizes and refill rates").
    pub const fn aws() -> Self {
        Self { factor: 1.0 }
    }

    /// AWS's figures times `factor`, for tests that do not wait.
    pub const fn scaled(factor: f64) -> Self {
        Self { factor }
    }

    /// What this group may do.
    pub fn of(&self, group: Group) -> Limit {
        let (requests, resources) = match group {
            Group::RunInstances => (Rate::new(5, 2), Some(Rate::new(1000, 2))),
            Group::TerminateInstances => (Rate::new(100, 5), Some(Rate::new(1000, 20))),
            Group::Describe => (Rate::new(100, 20), None),
            Group::DescribeAll => (Rate::new(50, 10), None),
            Group::CreateTags => (Rate::new(100, 10), None),
            // The tables name other figures for some rare calls; none is below this one.
            Group::Mutate => (Rate::new(50, 5), None),
            // STS documents a quota of 600 a second; nothing here comes near it.
            Group::Identity => (Rate::new(100, 100), None),
        };
        Limit {
            requests: requests.scaled(self.factor),
            resources: resources.map(|resources| resources.scaled(self.factor)),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::aws()
    }
}
