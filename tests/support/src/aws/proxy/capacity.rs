//! Which pools of machines are empty, and how much others still have.

use super::error::AwsError;
use crate::effect::glob;

/// What one instance would be launched as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    pub instance_type: String,
    pub zone: String,
    pub spot: bool,
}

/// A bound on how many machines some pools still have together.
#[derive(Clone, Debug)]
pub struct CapacityRule {
    /// Globs.
    pub types: String,
    pub zones: String,
    /// Spot only, on-demand only, or both.
    pub spot: Option<bool>,
    /// Machines that are left. What is launched is taken off, and does not come back.
    pub left: usize,
    /// The error when there is not enough.
    pub code: String,
}

impl CapacityRule {
    /// No machines of these types in these zones.
    pub fn none(types: &str, zones: &str) -> Self {
        Self {
            types: types.to_owned(),
            zones: zones.to_owned(),
            spot: None,
            left: 0,
            code: "InsufficientInstanceCapacity".to_owned(),
        }
    }

    pub fn left(mut self, left: usize) -> Self {
        self.left = left;
        self
    }

    pub fn spot(mut self, spot: bool) -> Self {
        self.spot = Some(spot);
        self
    }

    /// Another reason than a lack of machines, such as `VcpuLimitExceeded`.
    pub fn code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.code);
        self
    }

    fn holds_for(&self, pool: &Pool) -> bool {
        glob(&self.types, &pool.instance_type)
            && glob(&self.zones, &pool.zone)
            && self.spot.is_none_or(|spot| spot == pool.spot)
    }

    fn refusal(&self, pool: &Pool) -> AwsError {
        let Pool { instance_type, zone, .. } = pool;
        let message = match self.code.as_str() {
            "InsufficientInstanceCapacity" => format!(
                "We currently do not have sufficient {instance_type} capacity in the Availability Zone you requested \
                 ({zone}). Our system will be working on provisioning additional capacity."
            ),
            "VcpuLimitExceeded" => "You have requested more vCPU capacity than your current vCPU limit allows for the \
                 instance bucket that the specified instance type belongs to."
                .to_owned(),
            "MaxSpotInstanceCountExceeded" => "Max spot instance count exceeded".to_owned(),
            "Unsupported" => format!("Your requested instance type ({instance_type}) is not supported in {zone}."),
            "InsufficientFreeAddressesInSubnet" => {
                "Not enough free addresses in the subnet for the requested instances.".to_owned()
            }
            other => format!("{other}: {instance_type} in {zone}"),
        };
        AwsError::new(&self.code, message)
    }
}

/// How many of `wanted` machines a pool has, and why it has no more.
pub(super) fn available(rules: &[CapacityRule], pool: &Pool, wanted: usize) -> (usize, Option<AwsError>) {
    let tightest = rules.iter().filter(|rule| rule.holds_for(pool)).min_by_key(|rule| rule.left);
    match tightest {
        Some(rule) if rule.left < wanted => (rule.left, Some(rule.refusal(pool))),
        _ => (wanted, None),
    }
}

/// Takes machines off what a pool has.
pub(super) fn take(rules: &mut [CapacityRule], pool: &Pool, count: usize) {
    for rule in rules.iter_mut().filter(|rule| rule.holds_for(pool)) {
        rule.left = rule.left.saturating_sub(count);
    }
}
