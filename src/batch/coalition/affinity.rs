use std::collections::BTreeSet;

/// A set of properties: what a job asks for, or what a worker has. The server writes it as names joined by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Affinity(BTreeSet<String>);

impl Affinity {
    /// Reads a set.
    pub(super) fn parse(text: &str) -> Self {
        Self(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Reads the sets of a worker, a line each; it takes jobs that ask for a part of one.
    pub(super) fn of_worker(text: &str) -> Vec<Self> {
        text.lines().map(Self::parse).filter(|affinity| !affinity.0.is_empty()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns both together.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether all that `wanted` asks for is in it.
    pub(super) fn covers(&self, wanted: &Self) -> bool {
        wanted.0.is_subset(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_takes_what_one_of_its_lines_covers() {
        let worker = Affinity::of_worker("linux,gpu\n\nbig");
        assert_eq!(worker.len(), 2);
        let takes = |wanted: &str| worker.iter().any(|line| line.covers(&Affinity::parse(wanted)));
        assert_eq!(["gpu", "gpu, linux", "big", "big,gpu", "win"].map(takes), [true, true, true, false, false]);
        assert!(Affinity::parse(" , ").is_empty());
        assert_eq!(Affinity::parse("a").and(&Affinity::parse("b")), Affinity::parse("b,a"));
    }
}
