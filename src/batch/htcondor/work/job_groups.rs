use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::group_attributes::run_time;
use super::queue_answer::Waiting;
use crate::classad::ClassAd;
use crate::elastic::engine::{Demand, JobGroup, Seconds};

/// The length of a group's identity in bytes; it is written as twice as many digits.
const ID_LENGTH: usize = 8;

/// Makes groups of the waiting jobs of all queues: alike jobs of two queues are one group.
pub(super) fn job_groups(waiting: impl IntoIterator<Item = Waiting>, now: Seconds) -> Vec<JobGroup> {
    let mut groups: BTreeMap<Arc<str>, JobGroup> = BTreeMap::new();
    for jobs in waiting {
        let (id, oldest) = (identity(&jobs.ad), jobs.oldest.unwrap_or(now));
        let group = groups.entry(Arc::clone(&id)).or_insert_with(|| JobGroup {
            id,
            count: 0,
            hidden: 0,
            priority: jobs.ad.int("JobPrio").unwrap_or(0),
            oldest,
            run_time: run_time(&jobs.ad),
            ad: Arc::new(jobs.ad),
        });
        group.count = group.count.saturating_add(jobs.count);
        group.hidden = group.hidden.saturating_add(jobs.hidden);
        group.oldest = group.oldest.min(oldest);
    }
    groups.into_values().collect()
}

/// Counts the jobs of groups, hidden ones included: these wait as soon as there is room for the others.
pub(super) fn demand(groups: &[JobGroup]) -> Demand {
    let waiting = groups.iter().fold(0_u64, |sum, group| sum.saturating_add(group.count).saturating_add(group.hidden));
    Demand { waiting, unservable: 0 }
}

/// Returns the identity of a group: a digest of its attributes in HTCondor's order.
fn identity(ad: &ClassAd) -> Arc<str> {
    let digest = Sha256::digest(ad.to_string());
    hex::encode(&digest[..ID_LENGTH]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_jobs_of_two_queues_are_one_group_with_the_same_id_whatever_the_order() {
        let jobs = |text: &str, count, oldest| Waiting {
            ad: ClassAd::from_long_text(text).unwrap(),
            count,
            hidden: 1,
            oldest,
        };
        let (one, other) =
            ("Owner = \"a\"\nJobPrio = 3\nMaxRuntime = 60", "MaxRuntime = 60\nJobPrio = 3\nOwner = \"a\"");
        let groups = job_groups([jobs(one, 2, Some(50)), jobs(other, 3, Some(40)), jobs("Owner = \"b\"", 1, None)], 99);
        assert_eq!(groups.len(), 2);
        let group = groups.iter().find(|group| group.priority == 3).unwrap();
        assert_eq!((group.count, group.hidden, group.oldest, group.run_time), (5, 2, 40, Some(60)));
        assert_eq!(group.id.len(), 2 * ID_LENGTH);
        assert_eq!(groups.iter().find(|group| group.priority == 0).unwrap().oldest, 99);
        assert_eq!(demand(&groups), Demand { waiting: 9, unservable: 0 });
    }
}
