use std::sync::Arc;

use super::super::pool_slot::SlotKind;
use super::super::seconds::Seconds;
use super::match_cache::SlotClass;
use super::request::Request;
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
        Resources::is_nothing(&self.room)
    }

    /// Returns the key by which bins are ordered: those with much room last.
    pub(super) fn order(&self) -> (i64, i64, u32, u32) {
        let amount = |position| self.room.get(position).copied().unwrap_or(0);
        let SlotClass { shape, room } = self.class;
        (amount(Resources::CPUS), amount(Resources::MEMORY), shape, room)
    }
}

/// Fills slots of the bin at a position with up to `jobs` jobs, and marks their units as needed. Slots that are used
/// differently from the rest become bins of their own at the end of the list. Returns the number of jobs.
pub(super) fn fill(list: &mut Vec<Bin>, position: usize, request: &Request, jobs: u64, needed: &mut [bool]) -> u64 {
    let Some(bin) = list.get_mut(position) else { return 0 };
    let partitionable = bin.is_partitionable();
    let each = request.fits(&bin.room, partitionable);
    let slots = u64::try_from(bin.units.len()).unwrap_or(u64::MAX);
    if each == 0 {
        return 0;
    }
    let mut use_of = |bin: &mut Bin, jobs: u64| {
        request.take(&mut bin.room, partitionable, jobs);
        for unit in &bin.units {
            if let Some(needed) = needed.get_mut(*unit) {
                *needed = true;
            }
        }
    };
    let (full, rest) = (jobs / each, jobs % each);
    if full >= slots {
        use_of(bin, each);
        return each.saturating_mul(slots);
    }
    let mut parts = Vec::new();
    for (count, taken) in [(full, each), (u64::from(rest > 0), rest)] {
        if count > 0 {
            let mut part = bin.split_off(count);
            use_of(&mut part, taken);
            parts.push(part);
        }
    }
    list.extend(parts);
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_that_are_used_differently_become_bins_of_their_own() {
        let bin = Bin {
            class: SlotClass { shape: 0, room: 0 },
            ad: Arc::new(ClassAd::new()),
            kind: SlotKind::Partitionable,
            room: vec![4, 4000],
            ends_at: None,
            reopened: false,
            units: vec![0, 1, 2, 3],
        };
        let request = Request { asked: vec![1, 1000], dealt: vec![1, 1024] };
        let mut list = vec![bin];
        let mut needed = [false; 4];
        assert_eq!(fill(&mut list, 0, &request, 5, &mut needed), 5);
        let bins: Vec<_> = list.iter().map(|bin| (bin.room[0], bin.units.clone())).collect();
        assert_eq!(bins, [(4, vec![0, 1]), (1, vec![3]), (2, vec![2])]);
        assert_eq!(needed, [false, false, true, true]);
        assert_eq!(fill(&mut list, 0, &request, 100, &mut needed), 6);
        assert_eq!((list.len(), needed), (3, [true; 4]));
    }
}
