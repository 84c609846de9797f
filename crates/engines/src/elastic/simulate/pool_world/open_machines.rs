use std::collections::{BTreeMap, BTreeSet};

use super::resources::Resources;

/// The machines that take jobs, by what they have left and their kind.
///
/// A job goes where least is left, processors first, as HTCondor's negotiator prefers by default; of equals to the
/// oldest machine.
#[derive(Debug, Default)]
pub(super) struct OpenMachines {
    shapes: BTreeMap<(Resources, usize), BTreeSet<usize>>,
}

impl OpenMachines {
    /// Adds a machine of a kind that has `left`. One without a free processor is left out.
    pub(super) fn insert(&mut self, number: usize, kind: usize, left: Resources) {
        if left.cpus > 0 {
            self.shapes.entry((left, kind)).or_default().insert(number);
        }
    }

    /// Takes a machine of a kind out that had `left`.
    pub(super) fn remove(&mut self, number: usize, kind: usize, left: Resources) {
        if let Some(machines) = self.shapes.get_mut(&(left, kind)) {
            machines.remove(&number);
            if machines.is_empty() {
                self.shapes.remove(&(left, kind));
            }
        }
    }

    /// Returns the first machine with at least `cpus` free processors whose kind and rest `fits`.
    pub(super) fn find(&self, cpus: u32, fits: impl Fn(usize, &Resources) -> bool) -> Option<usize> {
        let from = (Resources { cpus, ..Resources::default() }, 0);
        let shape = self.shapes.range(from..).find(|((left, kind), _)| fits(*kind, left));
        shape.and_then(|(_, machines)| machines.first().copied())
    }

    /// Tells whether no machine has a free processor.
    pub(super) fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_machine_with_room_comes_first_and_of_equals_the_oldest() {
        let left = |cpus| Resources { cpus, ..Resources::default() };
        let mut open = OpenMachines::default();
        for (number, cpus) in [(0, 0), (1, 8), (2, 3), (3, 3), (4, 1)] {
            open.insert(number, 0, left(cpus));
        }
        assert_eq!([1, 2, 4, 9].map(|cpus| open.find(cpus, |_, _| true)), [Some(4), Some(2), Some(1), None]);
        open.remove(2, 0, left(3));
        assert_eq!(open.find(2, |_, _| true), Some(3));
        assert_eq!(open.find(1, |kind, _| kind == 1), None);
        for (number, cpus) in [(1, 8), (3, 3), (4, 1)] {
            open.remove(number, 0, left(cpus));
        }
        assert!(open.is_empty());
    }
}
