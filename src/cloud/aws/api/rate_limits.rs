//! The request limits of the services that hoist calls.

use super::token_bucket::RefillRate;

/// Calls that are limited in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiClass {
    /// `RunInstances`, and the instances that it makes.
    RunInstances,
    /// `CreateFleet`, and the instances that it makes.
    CreateFleet,
    /// `TerminateInstances`, and the instances that it removes.
    TerminateInstances,
    /// `Describe*` with a filter, ids or pages.
    Describe,
    /// `Describe*` of everything at once.
    DescribeAll,
    /// `CreateTags`.
    CreateTags,
    /// Everything else that changes something.
    Mutate,
    /// The security token service.
    Identity,
    /// The store of objects.
    Storage,
    /// Stacks, whatever is done with them.
    Stacks,
    /// Groups that keep their size.
    Scaling,
    /// What the account may have.
    Quotas,
}

/// A bucket that calls, or what they make and remove, are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BucketName {
    /// Calls of `RunInstances`.
    RunInstances,
    /// Instances made, however.
    InstancesMade,
    /// Calls of `TerminateInstances`.
    TerminateInstances,
    /// Instances removed.
    InstancesRemoved,
    /// `Describe*` with a filter, ids or pages.
    Describe,
    /// `Describe*` of everything at once.
    DescribeAll,
    /// `CreateTags`.
    CreateTags,
    /// Other calls that change something.
    Mutate,
    /// The security token service.
    Identity,
    /// Calls of the store of objects.
    Storage,
    /// Calls about stacks.
    Stacks,
    /// Calls about groups that keep their size.
    Scaling,
    /// Questions of what the account may have.
    Quotas,
}

impl ApiClass {
    /// What its calls are drawn from.
    pub fn requests(self) -> BucketName {
        match self {
            Self::RunInstances => BucketName::RunInstances,
            Self::TerminateInstances => BucketName::TerminateInstances,
            Self::Describe => BucketName::Describe,
            Self::DescribeAll => BucketName::DescribeAll,
            Self::CreateTags => BucketName::CreateTags,
            Self::CreateFleet | Self::Mutate => BucketName::Mutate,
            Self::Identity => BucketName::Identity,
            Self::Storage => BucketName::Storage,
            Self::Stacks => BucketName::Stacks,
            Self::Scaling => BucketName::Scaling,
            Self::Quotas => BucketName::Quotas,
        }
    }

    /// What the things are drawn from that its calls make or remove, where that is limited too.
    pub fn resources(self) -> Option<BucketName> {
        match self {
            Self::RunInstances | Self::CreateFleet => Some(BucketName::InstancesMade),
            Self::TerminateInstances => Some(BucketName::InstancesRemoved),
            _ => None,
        }
    }
}

/// How fast each bucket may be drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    speed: f64,
}

impl Limits {
    /// AWS's own figures for an account and region (EC2 developer guide, "Request throttling for the Amazon EC2 API",
    /// tables "Request token bucket sizes and refill rates" and "Resource token bucket sizes and refill rates").
    pub const fn aws() -> Self {
        Self { speed: 1.0 }
    }

    /// The same for a cloud whose time passes `speed` times as fast, as in tests.
    pub const fn at_speed(speed: f64) -> Self {
        Self { speed }
    }

    /// How fast this bucket may be drawn from.
    pub fn of(&self, bucket: BucketName) -> RefillRate {
        let rate = match bucket {
            BucketName::RunInstances => RefillRate::new(5, 2),
            BucketName::InstancesMade => RefillRate::new(1000, 2),
            BucketName::TerminateInstances => RefillRate::new(100, 5),
            BucketName::InstancesRemoved => RefillRate::new(1000, 20),
            BucketName::Describe => RefillRate::new(100, 20),
            BucketName::DescribeAll => RefillRate::new(50, 10),
            BucketName::CreateTags => RefillRate::new(100, 10),
            // The tables name other figures for some rare calls; none is below this one.
            BucketName::Mutate => RefillRate::new(50, 5),
            // STS documents 600 a second for an account; nothing here comes near it.
            BucketName::Identity => RefillRate::new(100, 100),
            // S3 takes 3,500 writes a second for a prefix (Amazon S3 User Guide, "Best practices design patterns").
            BucketName::Storage => RefillRate::new(100, 100),
            // Neither service documents its figures; both throttle whoever polls many stacks or groups every second,
            // and these are what their consoles and tools keep to.
            BucketName::Stacks => RefillRate::new(10, 2),
            BucketName::Scaling => RefillRate::new(50, 5),
            // A command asks for a handful at most; Service Quotas takes a few of each kind a second.
            BucketName::Quotas => RefillRate::new(5, 5),
        };
        RefillRate { refill: rate.refill * self.speed, ..rate }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::aws()
    }
}
