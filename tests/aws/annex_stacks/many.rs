//! An annex of 2,500 machines.

use std::io::Write as _;
use std::time::Instant;

use hoist::annex::AnnexCloud as _;

use crate::annex_stacks::lab::{Lab, id, run, spec, token};
use hoist_test_support::aws::Faults;

#[test]
fn two_and_a_half_thousand_machines_are_listed_counted_and_deleted() {
    let Some(lab) = Lab::new(Faults::new(1)).map(Lab::patient) else { return };
    run(async {
        let id = id("many");
        let mut spec = spec("many", 2500);
        // A group for each of many pools, more than are on a page.
        spec.pools = vec![spec.pools[0].clone(); 60];
        let stack = lab.made(&id, &spec).await;
        let began = Instant::now();
        let (listed, seen) =
            (lab.cloud.instances(&id).await.unwrap(), lab.cloud.look(&id, Some(&stack)).await.unwrap());
        let listing = began.elapsed();
        let mut ids: Vec<&String> = listed.iter().map(|machine| &machine.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), seen.unwrap().wanted), (2500, 2500));
        lab.cloud.delete(&id, Some(&stack), &[], &token("2")).await.unwrap();
        assert_eq!(lab.deleted(&id, &stack).await, None);
        assert_eq!(lab.cloud.remains(&id, Some(&stack)).await.unwrap(), []);
        lab.nothing_is_left();
        let all = began.elapsed();
        // Past the test harness, which keeps what passing tests print to itself.
        let _ = writeln!(std::io::stderr(), "2,500 machines: listed in {listing:.1?}, listed and deleted in {all:.1?}");
        // Three pages of machines each time that they are asked for: those that ended are shown for a while. A page
        // that takes the test's cloud too long is asked for again.
        let calls = |action: &str| lab.proxy.count(action);
        assert!((9..12).contains(&calls("DescribeInstances")), "{}", calls("DescribeInstances"));
        assert_eq!(calls("DeleteStack"), 1);
        assert!(lab.proxy.calls().len() < 40, "{} calls", lab.proxy.calls().len());
    });
}
