//! Request limits of the services that hoist calls.

use super::token_bucket::RefillRate;

/// Classes of calls with a common limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiClass {
    /// `RunInstances`, and the instances launched by it.
    RunInstances,
    /// `CreateFleet`, and the instances launched by it.
    CreateFleet,
    /// `TerminateInstances`, and the instances terminated by it.
    TerminateInstances,
    /// `Describe*` with a filter, ids or pages.
    Describe,
    /// `Describe*` of everything at once.
    DescribeAll,
    /// `CreateTags`.
    CreateTags,
    /// All other calls that change something.
    Mutate,
    /// The security token service.
    Identity,
    /// S3, the object store.
    Storage,
    /// CloudFormation stacks.
    Stacks,
    /// Auto Scaling groups.
    Scaling,
    /// Service Quotas.
    Quotas,
}

/// Names of the token buckets for calls and resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BucketName {
    /// Calls of `RunInstances`.
    RunInstances,
    /// Instances launched by any call.
    InstancesMade,
    /// Calls of `TerminateInstances`.
    TerminateInstances,
    /// Instances terminated.
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
    /// Calls of S3.
    Storage,
    /// Calls about CloudFormation stacks.
    Stacks,
    /// Calls about Auto Scaling groups.
    Scaling,
    /// Calls of Service Quotas.
    Quotas,
}

impl ApiClass {
    /// Returns the bucket for the class's calls.
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

    /// Returns the bucket for the resources that its calls make or remove, where these are limited, too.
    pub fn resources(self) -> Option<BucketName> {
        match self {
            Self::RunInstances | Self::CreateFleet => Some(BucketName::InstancesMade),
            Self::TerminateInstances => Some(BucketName::InstancesRemoved),
            _ => None,
        }
    }
}

/// Sizes and refill rates of all buckets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    speed: f64,
}

impl Limits {
    /// Returns AWS's own figures for an account and region (EC2 developer guide, "Request throttling for the Amazon EC2
    /// API", tables "Request token bucket sizes and refill rates" and "Resource token bucket sizes and refill rates").
    pub const fn aws() -> Self {
        Self { speed: 1.0 }
    }

    /// Returns AWS's figures with refill rates multiplied by `speed`, for clouds with faster time, as in tests.
    pub const fn at_speed(speed: f64) -> Self {
        Self { speed }
    }

    /// Returns the size and refill rate of this bucket.
    pub fn of(&self, bucket: BucketName) -> RefillRate {
        let rate = match bucket {
            BucketName::RunInstances => RefillRate::new(5, 2),
            BucketName::InstancesMade => RefillRate::new(1000, 2),
            BucketName::TerminateInstances => RefillRate::new(100, 5),
            BucketName::InstancesRemoved => RefillRate::new(1000, 20),
            BucketName::Describe => RefillRate::new(100, 20),
            BucketName::DescribeAll => RefillRate::new(50, 10),
            BucketName::CreateTags => RefillRate::new(100, 10),
            // The tables have other figures for some rare calls, all at least this high.
            BucketName::Mutate => RefillRate::new(50, 5),
            // STS documents 600 a second for an account; hoist stays far below.
            BucketName::Identity => RefillRate::new(100, 100),
            // S3 takes 3,500 writes a second for a prefix (Amazon S3 User Guide, "Best practices design patterns").
            BucketName::Storage => RefillRate::new(100, 100),
            // Neither service documents its figures. Both throttle clients that poll many stacks or groups every
            // second; these figures are those that their consoles and tools keep to.
            BucketName::Stacks => RefillRate::new(10, 2),
            BucketName::Scaling => RefillRate::new(50, 5),
            // A command asks for a handful at most; Service Quotas takes a few calls of each kind a second.
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
