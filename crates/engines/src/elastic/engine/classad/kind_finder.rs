use std::sync::Arc;

use super::kind_config::KindConfig;

/// Finds kinds by their names, quickly if the same name is asked for again.
pub(super) struct KindFinder<'c> {
    kinds: &'c [KindConfig],
    last: Option<(Arc<str>, Option<usize>)>,
}

impl<'c> KindFinder<'c> {
    /// Makes a finder for these kinds.
    pub(super) fn new(kinds: &'c [KindConfig]) -> KindFinder<'c> {
        KindFinder { kinds, last: None }
    }

    /// Returns the position of a kind. None: it is not among them.
    pub(super) fn find(&mut self, name: &Arc<str>) -> Option<usize> {
        match &self.last {
            Some((last, position)) if Arc::ptr_eq(last, name) => *position,
            _ => {
                let position = self.kinds.iter().position(|kind| kind.name == *name);
                self.last = Some((Arc::clone(name), position));
                position
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::SlotFigures;
    use super::*;

    #[test]
    fn kinds_are_found_by_what_their_names_say() {
        let kinds = ["a", "b"].map(|name| KindConfig::new(name, SlotFigures::default()));
        let mut finder = KindFinder::new(&kinds);
        let b: Arc<str> = "b".into();
        let found = [b.clone(), b, "a".into(), "c".into(), "b".into()].map(|name| finder.find(&name));
        assert_eq!(found, [Some(1), Some(1), Some(0), None, Some(1)]);
    }
}
