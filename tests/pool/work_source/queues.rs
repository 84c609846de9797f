//! Several queues.

use hoist::elastic::engine::Reading;
use hoist_test_support::condor_pool::member;

use crate::work_source::lab::{JOBS, Pool, submit};

#[test]
fn jobs_of_all_queues_are_counted_and_a_dead_queue_is_no_empty_one() {
    let Some(pool) = Pool::start() else { return };
    let second = member(
        &pool.manager,
        "DAEMON_LIST = MASTER SCHEDD\nSCHEDD_INTERVAL = 2\nSCHEDD_MIN_INTERVAL = 1\n\
        APPEND_REQUIREMENTS = (TARGET.Cpus > 0)\n",
    );
    let queues = || pool.manager.must("admin", "condor_status -schedd -af Name");
    pool.manager.until("both queues are in the pool", || queues().lines().count() == 2);
    let job = "request_memory = 16\nrequirements = TARGET.HasSpoons\n+FileSystemDomain = \"lab\"\n";
    pool.submit(&format!("{job}queue 3"));
    submit(&second, &format!("{job}queue 4"));
    pool.manager.until("all wait", || pool.groups().iter().map(|group| group.count).sum::<u64>() == 7);
    assert_eq!(pool.groups().len(), 1, "alike jobs of two queues are one group: {:?}", pool.groups());

    let name = format!("{}.lab", second.address.replace('.', "-"));
    drop(second);
    // Its ad stays in the collector for a while.
    assert!(queues().lines().any(|queue| queue == name), "{}", queues());
    let reading = pool.read(JOBS);
    for reason in [failure(&reading.demand), failure(&reading.groups)] {
        assert!(reason.is_some_and(|reason| reason.contains(&name)), "{reading:?}");
    }
    // And when that is gone, the queue is missed.
    pool.manager.must("root", &format!(
        "printf 'MyType = \"Query\"\\nTargetType = \"Scheduler\"\\nRequirements = Name == \"{name}\"\\n' > /tmp/gone; \
         condor_advertise INVALIDATE_SCHEDD_ADS /tmp/gone"
    ));
    pool.manager.until("its ad is gone", || !queues().contains(&name));
    let reading = pool.read(JOBS);
    let reason = failure(&reading.groups).unwrap_or_else(|| panic!("{reading:?}"));
    assert!(reason.contains(&name) && reason.contains("has not been in the collector"), "{reason}");
}

fn failure<T>(reading: &Reading<T>) -> Option<&str> {
    match reading {
        Reading::Failed { reason } => Some(reason),
        _ => None,
    }
}
