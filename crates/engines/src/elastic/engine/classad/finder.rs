use super::super::machine::MachineId;
use super::super::quick_hash::QuickMap;

/// Number of items that are looked at before an index is made.
const STEPS: usize = 32;

/// Finds machines in a list by their identities, quickly if they are asked for in the list's order.
pub(super) struct Finder<'a, T> {
    items: &'a [T],
    id: fn(&T) -> &MachineId,
    next: usize,
    index: Option<QuickMap<&'a MachineId, usize>>,
}

impl<'a, T> Finder<'a, T> {
    /// Makes a finder for a list.
    pub(super) fn new(items: &'a [T], id: fn(&T) -> &MachineId) -> Finder<'a, T> {
        Finder { items, id, next: 0, index: None }
    }

    /// Returns the position of a machine.
    pub(super) fn find(&mut self, machine: &MachineId) -> Option<usize> {
        let ahead = self.items.iter().skip(self.next).take(STEPS);
        let found = ahead.map(self.id).position(|id| id == machine).map(|steps| self.next + steps);
        let found = found.or_else(|| {
            let id = self.id;
            let index = self.index.get_or_insert_with(|| {
                self.items.iter().enumerate().map(|(position, item)| (id(item), position)).collect()
            });
            index.get(machine).copied()
        })?;
        self.next = found + 1;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_in_any_order_and_what_is_not_there_never() {
        let items: Vec<MachineId> = (0..100).map(|number| MachineId::new(format!("m{number}"))).collect();
        let mut finder = Finder::new(&items, |id| id);
        let mut find = |number: usize| finder.find(&MachineId::new(format!("m{number}")));
        assert_eq!([find(0), find(2), find(90), find(1), find(100)], [Some(0), Some(2), Some(90), Some(1), None]);
    }
}
