use super::super::machine::{Machine, MachineId};
use super::super::pool_machine::PoolMachine;
use super::super::quick_hash::QuickMap;

/// Number of items that are looked at before an index is made.
const STEPS: usize = 32;

/// What stands for one machine.
pub(super) trait Identified {
    /// Returns its identity.
    fn id(&self) -> &MachineId;
}

impl Identified for Machine {
    fn id(&self) -> &MachineId {
        &self.id
    }
}

impl Identified for PoolMachine {
    fn id(&self) -> &MachineId {
        &self.id
    }
}

/// Finds machines in a list by their identities, quickly if they are asked for in the list's order.
pub(super) struct Finder<'a, T> {
    items: &'a [T],
    next: usize,
    index: Option<QuickMap<&'a MachineId, usize>>,
}

impl<'a, T: Identified> Finder<'a, T> {
    /// Makes a finder for a list.
    pub(super) fn new(items: &'a [T]) -> Finder<'a, T> {
        Finder { items, next: 0, index: None }
    }

    /// Returns the position of a machine.
    #[inline]
    pub(super) fn find(&mut self, machine: &MachineId) -> Option<usize> {
        let found = match self.items.get(self.next) {
            Some(item) if item.id() == machine => self.next,
            _ => self.search(machine)?,
        };
        self.next = found + 1;
        Some(found)
    }

    fn search(&mut self, machine: &MachineId) -> Option<usize> {
        let ahead = self.items.iter().skip(self.next).take(STEPS);
        let found = ahead.map(T::id).position(|id| id == machine).map(|steps| self.next + steps);
        found.or_else(|| {
            let index = self.index.get_or_insert_with(|| {
                self.items.iter().enumerate().map(|(position, item)| (item.id(), position)).collect()
            });
            index.get(machine).copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Identified for MachineId {
        fn id(&self) -> &MachineId {
            self
        }
    }

    #[test]
    fn finds_in_any_order_and_what_is_not_there_never() {
        let items: Vec<MachineId> = (0..100).map(|number| MachineId::new(format!("m{number}"))).collect();
        let mut finder = Finder::new(&items);
        let mut find = |number: usize| finder.find(&MachineId::new(format!("m{number}")));
        assert_eq!([find(0), find(2), find(90), find(1), find(100)], [Some(0), Some(2), Some(90), Some(1), None]);
    }
}
