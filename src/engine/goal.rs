//! Goals of a run.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// How often one repair may replace a failed service's machine (cloudinit.d's limit).
pub const REPAIR_LIMIT: u32 = 2;

/// The goal of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "towards", rename_all = "kebab-case")]
pub enum Goal {
    /// Every service ready.
    Up {
        /// How often a failed service's machine may be replaced on the way.
        repairs: u32,
        /// Whether instances are launched with their level instead of all at the start.
        by_level: bool,
        /// Whether boot programs run again for services whose given values have changed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dependents: bool,
    },
    /// Nothing left.
    Down {
        /// Whether machines are removed even if their terminate programs fail.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// These services go down, the new plan replaces the old one, then every service becomes ready.
    Reload {
        /// The new plan.
        plan: Box<Plan>,
        /// Services of the old plan that are removed or must be raised anew.
        condemned: Vec<String>,
        /// Services that work under the new plan, and so need no check.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settled: Vec<String>,
        /// As for [`Goal::Up`], once the new plan is in force.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dependents: bool,
    },
}

impl Goal {
    /// Nothing left; a machine whose terminate program fails is kept.
    pub const DOWN: Goal = Goal::Down { force: false };

    /// Whether the run can only go down from here.
    pub fn is_down(&self) -> bool {
        matches!(self, Goal::Down { .. })
    }

    /// Whether every service of the plan in force goes down, and the run then begins anew.
    pub fn begins_anew(&self, plan: &Plan) -> bool {
        let Goal::Reload { condemned, .. } = self else { return false };
        let condemned: HashSet<&str> = condemned.iter().map(String::as_str).collect();
        plan.services().all(|(_, service)| condemned.contains(service.name.as_str()))
    }
}
