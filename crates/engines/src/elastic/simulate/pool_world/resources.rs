use crate::elastic::simulate::Needs;

/// Memory in MiB to which requests are rounded up (HTCondor: `MODIFY_REQUEST_EXPR_REQUESTMEMORY`).
const MEMORY_STEP: u64 = 128;

/// Disk in KiB to which requests are rounded up (HTCondor: `MODIFY_REQUEST_EXPR_REQUESTDISK`).
const DISK_STEP: u64 = 1024;

/// An amount of every resource. Ordered by processors first, so that a search for room begins at those that have
/// enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Resources {
    pub(super) cpus: u32,
    /// MiB.
    pub(super) memory: u64,
    /// KiB.
    pub(super) disk: u64,
    pub(super) gpus: u32,
}

impl Resources {
    /// Returns what a job takes of a partitionable slot.
    pub(super) fn of_request(needs: &Needs) -> Resources {
        Resources {
            cpus: needs.cpus.max(1),
            memory: needs.memory.div_ceil(MEMORY_STEP).saturating_mul(MEMORY_STEP),
            disk: needs.disk.div_ceil(DISK_STEP).saturating_mul(DISK_STEP),
            gpus: needs.gpus,
        }
    }

    /// Tells whether `other` fits in.
    pub(super) fn covers(&self, other: &Resources) -> bool {
        self.cpus >= other.cpus && self.memory >= other.memory && self.disk >= other.disk && self.gpus >= other.gpus
    }

    /// Returns what is left when `other` is taken out.
    pub(super) fn without(self, other: &Resources) -> Resources {
        Resources {
            cpus: self.cpus.saturating_sub(other.cpus),
            memory: self.memory.saturating_sub(other.memory),
            disk: self.disk.saturating_sub(other.disk),
            gpus: self.gpus.saturating_sub(other.gpus),
        }
    }

    /// Returns the sum.
    pub(super) fn with(self, other: &Resources) -> Resources {
        Resources {
            cpus: self.cpus.saturating_add(other.cpus),
            memory: self.memory.saturating_add(other.memory),
            disk: self.disk.saturating_add(other.disk),
            gpus: self.gpus.saturating_add(other.gpus),
        }
    }

    /// Returns the multiple.
    pub(super) fn times(self, factor: u32) -> Resources {
        Resources {
            cpus: self.cpus.saturating_mul(factor),
            memory: self.memory.saturating_mul(u64::from(factor)),
            disk: self.disk.saturating_mul(u64::from(factor)),
            gpus: self.gpus.saturating_mul(factor),
        }
    }

    /// Returns how many times `other` fits in.
    pub(super) fn divided_by(&self, other: &Resources) -> u64 {
        let parts = [
            (u64::from(self.cpus), u64::from(other.cpus)),
            (self.memory, other.memory),
            (self.disk, other.disk),
            (u64::from(self.gpus), u64::from(other.gpus)),
        ];
        parts.into_iter().filter_map(|(all, each)| all.checked_div(each)).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_rounded_up_and_the_scarcest_resource_counts() {
        let needs = Needs { cpus: 2, memory: 1000, disk: 1, ..Needs::default() };
        let each = Resources::of_request(&needs);
        assert_eq!(each, Resources { cpus: 2, memory: 1024, disk: 1024, gpus: 0 });
        let all = Resources { cpus: 8, memory: 3000, disk: 1 << 20, gpus: 1 };
        assert_eq!(all.divided_by(&each), 2);
        assert_eq!(all.without(&each).with(&each), all);
        assert!(!all.covers(&each.times(3)));
    }
}
