//! What is called, and when the call may be made again.

use super::rate_limits::ApiClass;

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(in crate::cloud) struct Call {
    pub(in crate::cloud) service: &'static str,
    pub(in crate::cloud) operation: &'static str,
    pub(in crate::cloud) group: ApiClass,
    /// What it makes or removes.
    pub(in crate::cloud) resources: usize,
    pub(in crate::cloud) repeat: Idempotency,
}

/// When a call may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum Idempotency {
    /// Always: it changes nothing, or carries a token, or makes what is so anyway.
    Safe,
    /// Only when the service has certainly not carried it out: the caller finds out first.
    OnlyIfUndone,
}

impl Call {
    /// A call of EC2 that may always be made again.
    pub(in crate::cloud) const fn ec2(operation: &'static str, group: ApiClass) -> Self {
        Self { service: "ec2", operation, group, resources: 0, repeat: Idempotency::Safe }
    }

    /// A call of the store of objects, which may always be made again: it changes nothing, or makes what is so anyway.
    pub(in crate::cloud) const fn s3(operation: &'static str) -> Self {
        Self { service: "s3", operation, group: ApiClass::Storage, resources: 0, repeat: Idempotency::Safe }
    }

    /// A call about stacks that may always be made again: it changes nothing, or carries a token.
    pub(in crate::cloud) const fn cloudformation(operation: &'static str) -> Self {
        Self { service: "cloudformation", operation, group: ApiClass::Stacks, resources: 0, repeat: Idempotency::Safe }
    }

    /// A call about groups that keep their size, which may always be made again.
    pub(in crate::cloud) const fn autoscaling(operation: &'static str) -> Self {
        Self { service: "autoscaling", operation, group: ApiClass::Scaling, resources: 0, repeat: Idempotency::Safe }
    }

    /// A question of what the account may have.
    pub(in crate::cloud) const fn servicequotas(operation: &'static str) -> Self {
        Self { service: "servicequotas", operation, group: ApiClass::Quotas, resources: 0, repeat: Idempotency::Safe }
    }

    /// The same, for so many resources.
    pub(in crate::cloud) const fn resources(self, resources: usize) -> Self {
        Self { resources, ..self }
    }

    /// The same, to be made again only if it was certainly not carried out.
    pub(in crate::cloud) const fn once(self) -> Self {
        Self { repeat: Idempotency::OnlyIfUndone, ..self }
    }
}
