//! What a run works towards.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// How often a failed service's machine is replaced by one repair (cloudinit.d's limit).
pub const REPAIR_LIMIT: u32 = 2;

/// What a run works towards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "towards", rename_all = "kebab-case")]
pub enum Goal {
    /// Every service ready.
    Up {
        /// How often a failed service's machine may be replaced on the way.
        repairs: u32,
        /// Launch machines with their level instead of all at the start.
        by_level: bool,
        /// Run the boot program of each service again that was given values which are others now.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dependents: bool,
    },
    /// Nothing left.
    Down {
        /// Whether machines go although their terminate programs fail.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// These services down, then the new plan in place of the old one, then every service ready.
    Reload {
        /// The new plan.
        plan: Box<Plan>,
        /// Services of the old plan that are removed or must be raised anew.
        condemned: Vec<String>,
        /// Services that were found to work by what the new plan says of them, and so need no check.
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

    /// Whether the run only goes down from here.
    pub fn is_down(&self) -> bool {
        matches!(self, Goal::Down { .. })
    }
}
