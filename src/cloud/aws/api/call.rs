//! API calls, and when they may be repeated.

use super::rate_limits::ApiClass;

/// An API call.
#[derive(Clone, Copy, Debug)]
pub(in crate::cloud) struct Call {
    pub(in crate::cloud) service: &'static str,
    pub(in crate::cloud) operation: &'static str,
    pub(in crate::cloud) group: ApiClass,
    /// Number of resources that the call makes or removes.
    pub(in crate::cloud) resources: usize,
    pub(in crate::cloud) repeat: Idempotency,
}

/// When a call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum Idempotency {
    /// Always: the call is read-only, carries a token, or is idempotent.
    Safe,
    /// Only when the service has certainly not carried it out; the caller finds out first.
    OnlyIfUndone,
}

impl Call {
    /// Creates an EC2 call that may always be repeated.
    pub(in crate::cloud) const fn ec2(operation: &'static str, group: ApiClass) -> Self {
        Self { service: "ec2", operation, group, resources: 0, repeat: Idempotency::Safe }
    }

    /// Creates an S3 call, which may always be repeated: it is read-only or idempotent.
    pub(in crate::cloud) const fn s3(operation: &'static str) -> Self {
        Self { service: "s3", operation, group: ApiClass::Storage, resources: 0, repeat: Idempotency::Safe }
    }

    /// Creates a CloudFormation call that may always be repeated: it is read-only or carries a token.
    pub(in crate::cloud) const fn cloudformation(operation: &'static str) -> Self {
        Self { service: "cloudformation", operation, group: ApiClass::Stacks, resources: 0, repeat: Idempotency::Safe }
    }

    /// Creates an Auto Scaling call, which may always be repeated.
    pub(in crate::cloud) const fn autoscaling(operation: &'static str) -> Self {
        Self { service: "autoscaling", operation, group: ApiClass::Scaling, resources: 0, repeat: Idempotency::Safe }
    }

    /// Creates a Service Quotas call, which may always be repeated.
    pub(in crate::cloud) const fn servicequotas(operation: &'static str) -> Self {
        Self { service: "servicequotas", operation, group: ApiClass::Quotas, resources: 0, repeat: Idempotency::Safe }
    }

    /// Sets the number of resources that the call makes or removes.
    pub(in crate::cloud) const fn resources(self, resources: usize) -> Self {
        Self { resources, ..self }
    }

    /// Restricts repetition to attempts that were certainly not carried out.
    pub(in crate::cloud) const fn once(self) -> Self {
        Self { repeat: Idempotency::OnlyIfUndone, ..self }
    }
}
