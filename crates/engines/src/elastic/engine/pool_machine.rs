use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::machine::MachineId;
use super::pool_slot::PoolSlot;
use super::seconds::Seconds;

/// The owner of a drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrainOwner {
    /// The fleet's scaler, by its journal or by the mark that it leaves in the drain's reason.
    Scaler,
    /// Anybody else. Such a drain is never cancelled, and its machine never ended.
    Person,
}

/// A drain: the machine accepts no new work, and what runs goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draining {
    /// The owner.
    pub by: DrainOwner,
    /// The pool's identity of the drain (HTCondor: `DrainingRequestId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Arc<str>>,
    /// The reason that was given with it (HTCondor: `DrainReason`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
}

/// A machine of the pool with its slots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolMachine {
    /// The identity of its cloud machine, as the machine itself advertises it, or its own name when it is none.
    pub id: MachineId,
    /// Time at which it joined the pool.
    pub joined_at: Seconds,
    /// Time since which no slot has been claimed, by the pool's own clock. None: claimed, or the pool keeps no such
    /// clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<Seconds>,
    /// Whether a slot has ever been claimed, as far as the pool tells. The engine remembers claims that it sees.
    #[serde(default)]
    pub has_served: bool,
    /// The drain that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draining: Option<Draining>,
    /// Whether a drain lets running jobs end (HTCondor: `MaxJobRetirementTime` is long enough).
    #[serde(default)]
    pub drain_spares_jobs: bool,
    /// Its slots, without dynamic ones.
    pub slots: Vec<PoolSlot>,
}

impl PoolMachine {
    /// Returns the number of claims on its slots.
    pub fn claims(&self) -> u32 {
        self.slots.iter().fold(0, |claims, slot| claims.saturating_add(slot.claims))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classad::ClassAd;
    use crate::elastic::engine::{SlotKind, SlotState};

    #[test]
    fn claims_of_all_slots_are_added() {
        let slot = |name: &str, kind, claims| PoolSlot {
            name: name.into(),
            kind,
            state: SlotState::Unclaimed,
            claims,
            ad: Arc::new(ClassAd::new()),
        };
        let machine = PoolMachine {
            id: MachineId::new("i-1"),
            joined_at: 0,
            idle_since: None,
            has_served: true,
            draining: None,
            drain_spares_jobs: true,
            slots: vec![slot("slot1", SlotKind::Partitionable, 3), slot("slot2", SlotKind::Static, 1)],
        };
        assert_eq!(machine.claims(), 4);
    }
}
