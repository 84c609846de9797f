//! A collector that goes away and comes back.

use hoist::batch::WorkSource as _;
use hoist::batch::htcondor::{HTCondor, HTCondorSource};
use hoist::elastic::engine::Reading;
use hoist_test_support::condor_pool::own_manager;

use crate::pool_tools::lab::block_on;
use crate::work_source::lab::{ALL, JOBS, Pool, now, source_of};

#[test]
fn a_restarted_collector_is_not_an_empty_pool() {
    let Some(pool) = Pool::start() else { return };
    let _workers = ["i-1", "i-2", "i-3"].map(|id| pool.worker(id, ""));
    pool.submit("request_memory = 16\nrequirements = TARGET.HasSpoons\nqueue 2");
    let is_whole = |reading: &hoist::batch::WorkReading| {
        let jobs = reading.groups.fresh().map(|groups| groups.iter().map(|group| group.count).sum::<u64>());
        (reading.slots.fresh().map(Vec::len), reading.pool.fresh().map(Vec::len), jobs)
    };
    let whole = (Some(3), Some(3), Some(2));
    pool.manager.until("all is there", || is_whole(&pool.read(ALL)) == whole);
    let fresh = source_of(&pool.manager, "admin");
    pool.manager.must("root", "kill -9 $(pgrep -x condor_collecto)");
    let (mut reasons, mut is_back, began) = (Vec::new(), false, now());
    pool.manager.until("it is back and believed", || {
        // A source that knows nothing of before, as after a restart of the scaler as well.
        for reading in [pool.read(ALL), block_on(fresh.read(ALL, now()))] {
            let (slots, hosts, jobs) = is_whole(&reading);
            assert!(slots.is_none_or(|slots| slots == 3), "{reading:?}");
            assert!(hosts.is_none_or(|hosts| hosts == 3), "{reading:?}");
            assert!(jobs.is_none_or(|jobs| jobs == 2), "{reading:?}");
            is_back = (slots, hosts, jobs) == whole;
            if let Reading::Failed { reason } = reading.slots {
                // It is told until when, as far as it is not the cause that is gone first.
                let until = reading.answers_from.get("slots").copied();
                assert_eq!(
                    until.is_some_and(|until| until >= began),
                    reason.contains("knows all"),
                    "{reason} {until:?}"
                );
                reasons.push(reason);
            }
        }
        is_back
    });
    assert!(reasons.iter().any(|reason| reason.contains("has been up for")), "{reasons:?}");
}

#[test]
fn a_pool_may_be_given_the_name_that_its_collector_has() {
    let Some(manager) = own_manager("COLLECTOR_NAME = nowhere.example.org\n") else { return };
    let programs = manager.programs_of("admin").into_os_string();
    let named =
        |name: &str| HTCondorSource::new(HTCondor::new(Some(name.to_owned())).with_search_path(programs.clone()));
    let own = named("Nowhere.example.org");
    manager.until("its jobs are counted", || block_on(own.read(JOBS, now())).groups.fresh().is_some());
    let Reading::Failed { reason } = block_on(named("elsewhere.invalid").read(JOBS, now())).groups else {
        panic!("a pool that is nowhere was read");
    };
    assert!(reason.contains("elsewhere.invalid"), "{reason}");
    let at = named(&manager.address);
    assert!(block_on(at.read(JOBS, now())).groups.fresh().is_some(), "an address is one");
}
