//! Checks that instances to be added fit into the account's quotas.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::aws::ec2::quota::Quota;

/// Limit and usage of a quota, in vCPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuotaHeadroom {
    pub(super) allowed: u64,
    pub(super) used: u64,
}

pub(super) type Rooms = BTreeMap<Quota, QuotaHeadroom>;

/// Instances to be added to a pool, all on demand or all spot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AddedInstances {
    /// Index of the pool.
    pub(super) place: usize,
    pub(super) spot: bool,
    pub(super) count: u32,
    /// Quotas that bound the instances, each with the vCPUs of the pool's largest type in it. With several quotas, each
    /// instance counts against one of them.
    pub(super) sizes: BTreeMap<Quota, u32>,
}

impl AddedInstances {
    /// Returns the vCPUs of the largest instance.
    pub(super) fn largest(&self) -> u32 {
        self.sizes.values().copied().max().unwrap_or_default()
    }

    /// Returns the maximum total of vCPUs.
    pub(super) fn vcpus(&self) -> u64 {
        u64::from(self.count) * u64::from(self.largest())
    }

    fn quotas(&self) -> BTreeSet<Quota> {
        self.sizes.keys().copied().collect()
    }

    /// Returns whether all of its quotas are among `quotas`.
    pub(super) fn is_within(&self, quotas: &BTreeSet<Quota>) -> bool {
        self.quotas().is_subset(quotas)
    }
}

/// Returns the sets of quotas that are too small for these parts: each is the set of a part that exceeds what is left
/// of its quotas. Parts bound by a single quota are placed first: the others have alternatives.
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

/// Returns the largest number below `count` for which `fits` holds; `None` if that is 0. Assumes that `fits` is
/// monotonic.
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
        // A quota lowered below the present usage.
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
        // A part without alternatives comes first, regardless of its position.
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
