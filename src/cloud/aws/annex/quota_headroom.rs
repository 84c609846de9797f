//! Whether what is to be added to an annex has room in the account's quotas.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::aws::ec2::quota::Quota;

/// A quota of vCPUs that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuotaHeadroom {
    pub(super) allowed: u64,
    pub(super) used: u64,
}

pub(super) type Rooms = BTreeMap<Quota, QuotaHeadroom>;

/// Instances that are to be added to a pool, all bought in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AddedInstances {
    /// Which of the annex's pools, from 0.
    pub(super) place: usize,
    pub(super) spot: bool,
    pub(super) count: u32,
    /// The quotas that bound it, each with the vCPUs of the largest of its types there. More than one: it may be
    /// either.
    pub(super) sizes: BTreeMap<Quota, u32>,
}

impl AddedInstances {
    /// The vCPUs of its largest instance.
    pub(super) fn largest(&self) -> u32 {
        self.sizes.values().copied().max().unwrap_or_default()
    }

    /// The vCPUs that it may come to.
    pub(super) fn vcpus(&self) -> u64 {
        u64::from(self.count) * u64::from(self.largest())
    }

    fn quotas(&self) -> BTreeSet<Quota> {
        self.sizes.keys().copied().collect()
    }

    /// Whether nothing else bounds it than these.
    pub(super) fn is_within(&self, quotas: &BTreeSet<Quota>) -> bool {
        self.quotas().is_subset(quotas)
    }
}

/// The quotas that are too small for these parts, in groups of which one part or several need more than all that is
/// left. Those that one quota alone bounds come first: the others can go elsewhere.
pub(super) fn too_small(parts: &[AddedInstances], rooms: &Rooms) -> BTreeSet<BTreeSet<Quota>> {
    let mut left: BTreeMap<Quota, u64> =
        rooms.iter().map(|(quota, room)| (*quota, room.allowed.saturating_sub(room.used))).collect();
    let mut parts: Vec<&AddedInstances> = parts.iter().collect();
    parts.sort_by_key(|part| part.sizes.len());
    let mut found = BTreeSet::new();
    for part in parts {
        let mut more = u64::from(part.count);
        for (quota, size) in &part.sizes {
            let room = left.entry(*quota).or_default();
            let size = u64::from(*size).max(1);
            let fit = more.min(*room / size);
            *room -= fit * size;
            more -= fit;
        }
        if more > 0 {
            found.insert(part.quotas());
        }
    }
    found
}

/// The largest number below `count` for which `fits` holds; none where that is 0. It is taken to hold for all below one
/// for which it holds.
pub(super) fn largest(count: u32, fits: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut most, mut too_many) = (0, count);
    while most + 1 < too_many {
        let middle = most + (too_many - most) / 2;
        if fits(middle) { most = middle } else { too_many = middle }
    }
    (most > 0).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::ec2::quota::of_type;

    fn standard() -> Quota {
        of_type("t3.small", false).unwrap()
    }

    fn graphics() -> Quota {
        of_type("g5.xlarge", false).unwrap()
    }

    fn part(count: u32, sizes: &[(Quota, u32)]) -> AddedInstances {
        AddedInstances { place: 0, spot: false, count, sizes: sizes.iter().copied().collect() }
    }

    fn rooms(standard_left: u64, graphics_left: u64) -> Rooms {
        let room = |left| QuotaHeadroom { allowed: left + 7, used: 7 };
        [(standard(), room(standard_left)), (graphics(), room(graphics_left))].into()
    }

    #[test]
    fn what_is_left_decides_to_the_last_processor() {
        let parts = [part(4, &[(standard(), 2)]), part(1, &[(standard(), 8)])];
        assert!(too_small(&parts, &rooms(16, 0)).is_empty());
        assert_eq!(too_small(&parts, &rooms(15, 0)), [[standard()].into()].into());
        // A quota that was made smaller than what runs.
        let rooms = [(standard(), QuotaHeadroom { allowed: 4, used: 9 })].into();
        assert_eq!(too_small(&parts[..1], &rooms).len(), 1);
        assert!(too_small(&[part(0, &[(standard(), 2)])], &rooms).is_empty());
    }

    #[test]
    fn what_may_go_elsewhere_does() {
        let either = part(3, &[(standard(), 2), (graphics(), 4)]);
        assert!(too_small(std::slice::from_ref(&either), &rooms(0, 12)).is_empty());
        assert!(too_small(std::slice::from_ref(&either), &rooms(4, 4)).is_empty());
        let both: BTreeSet<Quota> = [standard(), graphics()].into();
        assert_eq!(too_small(std::slice::from_ref(&either), &rooms(4, 3)), [both.clone()].into());
        // Who cannot, comes first, wherever it stands.
        let bound = part(2, &[(standard(), 2)]);
        assert!(too_small(&[either.clone(), bound.clone()], &rooms(4, 12)).is_empty());
        assert_eq!(too_small(&[either.clone(), bound.clone()], &rooms(4, 11)), [both].into());
        assert!(bound.is_within(&either.quotas()) && !either.is_within(&bound.quotas()));
    }

    #[test]
    fn the_largest_number_that_fits_is_found() {
        for most in 0..20 {
            assert_eq!(largest(20, |count| count <= most), (most > 0).then_some(most));
        }
        assert_eq!(largest(1, |_| panic!("there is nothing to ask")), None);
    }
}
