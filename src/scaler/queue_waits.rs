use std::collections::BTreeMap;
use std::sync::Arc;

use crate::elastic::engine::{JobGroup, Seconds};

/// Tells how long jobs have waited, from readings of the groups of waiting jobs. Jobs of a group are taken to leave the
/// queue in the order in which they came, whether they start, are held or are removed.
#[derive(Clone, Debug, Default)]
pub(super) struct QueueWaits {
    /// Number of jobs of each group at the last reading, and the time since which the longest waiting one waits.
    groups: BTreeMap<Arc<str>, (u64, Seconds)>,
    /// Waits that were not taken yet: the length in seconds, and the number of jobs.
    ended: Vec<(Seconds, u64)>,
}

impl QueueWaits {
    /// Takes in a fresh reading of the groups.
    pub(super) fn see(&mut self, groups: &[JobGroup], now: Seconds) {
        let present = groups.iter().map(|group| (Arc::clone(&group.id), (group.count, group.oldest))).collect();
        let before = std::mem::replace(&mut self.groups, present);
        for (id, (count, oldest)) in before {
            let left = match self.groups.get(&id) {
                None => count,
                // As many may have come as have left; then the longest waiting one is another.
                Some((left_over, next)) => count.saturating_sub(*left_over).max(u64::from(*next > oldest)),
            };
            if left > 0 {
                self.ended.push((now.saturating_sub(oldest).max(0), left));
            }
        }
    }

    /// Returns the waits that have ended since the last call: the length in seconds, and the number of jobs.
    pub(super) fn take(&mut self) -> Vec<(Seconds, u64)> {
        std::mem::take(&mut self.ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classad::ClassAd;

    fn group(id: &str, count: u64, oldest: Seconds) -> JobGroup {
        let ad = Arc::new(ClassAd::new());
        JobGroup { id: id.into(), count, hidden: 0, ad, priority: 0, oldest, run_time: None }
    }

    #[test]
    fn jobs_that_leave_have_waited_since_the_longest_waiting_one_came() {
        let mut waits = QueueWaits::default();
        waits.see(&[group("a", 5, 100), group("b", 1, 150)], 160);
        assert_eq!(waits.take(), []);
        waits.see(&[group("a", 3, 100)], 200);
        assert_eq!(waits.take(), [(100, 2), (50, 1)]);
        // Two came and two left.
        waits.see(&[group("a", 3, 120)], 260);
        // More came.
        waits.see(&[group("a", 9, 120)], 300);
        assert_eq!(waits.take(), [(160, 1)]);
        waits.see(&[], 320);
        assert_eq!((waits.take(), waits.take()), (vec![(200, 9)], vec![]));
    }
}
