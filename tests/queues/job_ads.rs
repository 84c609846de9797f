use std::time::{Duration, Instant};

use hoist::elastic::engine::Wants;
use hoist::elastic::fleet::{FleetQueue, QueueKind};
use hoist_test_support::eventually::PATIENCE;
use hoist_test_support::job_ads::job_ads;

use crate::peers::{open, waiting};

#[tokio::test]
async fn a_hundred_thousand_ads_are_read_in_two_seconds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.json");
    std::fs::write(&path, job_ads(100_000)).unwrap();
    let mut queue = FleetQueue::new(QueueKind::File);
    queue.path = Some(path.display().to_string());
    let source = open(&queue);
    let wants = Wants { demand: true, groups: true, ..Wants::default() };
    let began = Instant::now();
    let reading = source.read(wants, 1_800_000_000).await;
    let took = began.elapsed();
    assert_eq!(waiting(&reading.demand), 100_000);
    let groups = reading.groups.fresh().unwrap();
    assert_eq!(groups.len(), 500);
    assert!(groups.iter().all(|group| group.count == 200));
    assert_eq!(groups[0].oldest, 1_700_000_000);
    // Without optimisation, beside other tests, it takes far longer.
    let limit = if cfg!(debug_assertions) { PATIENCE } else { Duration::from_secs(2) };
    assert!(took < limit, "it took {took:?}");
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("100,000 ads: {took:?}\n"));
}
