use super::bin::{Bin, Role};

/// Bins by role and, where that matters, by kind of machine.
#[derive(Debug)]
pub(super) struct Stock {
    kinds: usize,
    /// One list for busy machines; then for each other role one for each kind, and one for machines of no kind.
    lists: Vec<Vec<Bin>>,
}

impl Stock {
    /// Makes an empty stock for a number of kinds.
    pub(super) fn new(kinds: usize) -> Stock {
        let lists = (0..1 + Role::New as usize * (kinds + 1)).map(|_| Vec::new()).collect();
        Stock { kinds, lists }
    }

    /// Returns the number of kinds. As a kind it stands for machines of no kind.
    pub(super) fn kinds(&self) -> usize {
        self.kinds
    }

    fn place(&self, role: Role, kind: usize) -> usize {
        match role {
            Role::Busy => 0,
            role => 1 + (role as usize - 1) * (self.kinds + 1) + kind.min(self.kinds),
        }
    }

    /// Returns the list of a role and a kind.
    pub(super) fn list(&mut self, role: Role, kind: usize) -> &mut Vec<Bin> {
        let place = self.place(role, kind);
        &mut self.lists[place]
    }

    /// Takes a list out. It has to be put back.
    pub(super) fn take(&mut self, role: Role, kind: usize) -> Vec<Bin> {
        std::mem::take(self.list(role, kind))
    }

    /// Puts a list back.
    pub(super) fn put_back(&mut self, role: Role, kind: usize, list: Vec<Bin>) {
        *self.list(role, kind) = list;
    }

    /// Returns all bins.
    pub(super) fn bins(&self) -> impl Iterator<Item = &Bin> {
        self.lists.iter().flatten()
    }

    /// Returns all lists.
    pub(super) fn lists_mut(&mut self) -> impl Iterator<Item = &mut Vec<Bin>> {
        self.lists.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_a_place_of_its_own() {
        let stock = Stock::new(2);
        let roles = [Role::Idle, Role::Coming, Role::Draining, Role::New];
        let mut places: Vec<usize> =
            roles.iter().flat_map(|role| (0..3).map(|kind| stock.place(*role, kind))).collect();
        places.push(stock.place(Role::Busy, 1));
        places.sort_unstable();
        assert_eq!(places, (0..stock.lists.len()).collect::<Vec<_>>());
    }
}
