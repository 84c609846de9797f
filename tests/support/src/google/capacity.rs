//! Which zones lack machines, and how many others still have.

use super::PROJECT;
use super::operation::OperationError;
use crate::effect::glob;

/// What one instance would be launched as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    pub machine_type: String,
    pub zone: String,
    pub spot: bool,
}

/// A bound on how many machines some pools still have together.
#[derive(Clone, Debug)]
pub struct CapacityRule {
    /// Globs.
    machine_types: String,
    zones: String,
    spot: Option<bool>,
    /// What is launched is taken off, and does not come back.
    left: usize,
    pub(super) told: Exhausted,
}

/// How a lack of machines is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// `ZONE_RESOURCE_POOL_EXHAUSTED` in the operation.
    Plain,
    /// `ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS` in the operation.
    WithDetails,
    /// 503 `insufficientCapacity` in the call, as bulks are refused of which not even the minimum can be made.
    InTheCall,
}

impl CapacityRule {
    /// No machines of these types in these zones.
    pub fn none(machine_types: &str, zones: &str) -> Self {
        let (machine_types, zones) = (machine_types.to_owned(), zones.to_owned());
        Self { machine_types, zones, spot: None, left: 0, told: Exhausted::Plain }
    }

    pub fn left(mut self, left: usize) -> Self {
        self.left = left;
        self
    }

    /// Spot only, or all others only.
    pub fn spot(mut self, spot: bool) -> Self {
        self.spot = Some(spot);
        self
    }

    pub fn told(mut self, told: Exhausted) -> Self {
        self.told = told;
        self
    }

    fn holds_for(&self, pool: &Pool) -> bool {
        glob(&self.machine_types, &pool.machine_type)
            && glob(&self.zones, &pool.zone)
            && self.spot.is_none_or(|spot| spot == pool.spot)
    }

    pub(super) fn error(&self, zone: &str) -> OperationError {
        let zone = format!(
            "The zone 'projects/{PROJECT}/zones/{zone}' does not have enough resources available to fulfill the request"
        );
        match self.told {
            Exhausted::WithDetails => OperationError::new(
                "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
                format!("{zone}, '(resource type:compute)'."),
            ),
            Exhausted::Plain | Exhausted::InTheCall => OperationError::new(
                "ZONE_RESOURCE_POOL_EXHAUSTED",
                format!("{zone}.  Try a different zone, or try again later."),
            ),
        }
    }
}

/// How many machines a pool still has, and the rule that says so; `None` when there is no end of them.
pub(super) fn available<'a>(rules: &'a [CapacityRule], pool: &Pool) -> Option<(usize, &'a CapacityRule)> {
    let tightest = rules.iter().filter(|rule| rule.holds_for(pool)).min_by_key(|rule| rule.left);
    tightest.map(|rule| (rule.left, rule))
}

/// Takes a machine off what a pool has.
pub(super) fn take(rules: &mut [CapacityRule], pool: &Pool) {
    for rule in rules.iter_mut().filter(|rule| rule.holds_for(pool)) {
        rule.left = rule.left.saturating_sub(1);
    }
}
