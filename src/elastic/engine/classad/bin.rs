use std::sync::Arc;

use super::super::pool_slot::SlotKind;
use super::super::seconds::Seconds;
use super::match_cache::SlotClass;
use super::resources::Resources;
use crate::classad::ClassAd;

/// The use to which supply is put, in the order of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// Free room of machines that have a claim or are not the fleet's.
    Busy,
    /// Machines of the fleet without a claim.
    Idle,
    /// Machines on their way.
    Coming,
    /// Machines in a drain of ours, if it is cancelled.
    Draining,
    /// Machines that would be launched.
    New,
}

/// Alike slots with the same room.
#[derive(Clone, Debug)]
pub(super) struct Bin {
    pub(super) class: SlotClass,
    /// The ad of one of them.
    pub(super) ad: Arc<ClassAd>,
    pub(super) kind: SlotKind,
    /// What is left of each, in the order of the resources.
    pub(super) room: Vec<i64>,
    /// Time at which their machines end.
    pub(super) ends_at: Option<Seconds>,
    /// Whether their machines' drains are cancelled in this pass.
    pub(super) reopened: bool,
    /// The unit of each slot; those at the end are used first. Slots of machines that are no unit have
    /// [`Bin::NO_UNIT`].
    pub(super) units: Vec<usize>,
}

impl Bin {
    /// The unit of a slot whose machine the fleet does not decide about.
    pub(super) const NO_UNIT: usize = usize::MAX;

    /// Returns a bin of some of the slots, taken from the end.
    pub(super) fn split_off(&mut self, count: u64) -> Bin {
        let keep = self.units.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
        Bin { units: self.units.split_off(keep), ad: Arc::clone(&self.ad), room: self.room.clone(), ..*self }
    }

    /// Tells whether jobs take parts of the slots.
    pub(super) fn is_partitionable(&self) -> bool {
        self.kind == SlotKind::Partitionable
    }

    /// Tells whether nothing is left.
    pub(super) fn is_full(&self) -> bool {
        self.room.get(Resources::CPUS).is_none_or(|cpus| *cpus <= 0)
    }

    /// Returns the key by which bins are ordered: those with much room last.
    pub(super) fn order(&self) -> (i64, i64, u32, u32) {
        let amount = |position| self.room.get(position).copied().unwrap_or(0);
        let SlotClass { shape, room } = self.class;
        (amount(Resources::CPUS), amount(Resources::MEMORY), shape, room)
    }
}
