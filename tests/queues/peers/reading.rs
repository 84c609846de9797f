//! Readings of sources, as tests look at them.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist::batch::{SourceAccess, TimeLimits, WorkSource, open_source};
use hoist::elastic::engine::{Demand, Reading, Wants};
use hoist::elastic::fleet::FleetQueue;
use hoist::plan::SecretSource;
use hoist_test_support::eventually::PATIENCE;

pub(crate) const DEMAND: Wants = Wants { demand: true, machines: false, pool: false, groups: false, slots: false };
pub(crate) const POOL: Wants = Wants { demand: true, machines: false, pool: true, groups: false, slots: true };

/// Access with long limits, as is right for servers that many others use.
pub(crate) fn access() -> SourceAccess {
    let long = Duration::from_secs(60);
    SourceAccess { limits: TimeLimits { connect: long, answer: long, program: long }, ..SourceAccess::default() }
}

pub(crate) fn open(queue: &FleetQueue) -> Arc<dyn WorkSource> {
    open_source(queue, &access()).unwrap()
}

/// Writes a password, and says where.
pub(crate) fn password(directory: &Path, value: &str) -> SecretSource {
    let path = directory.join(format!("{value}.password"));
    let mut file = std::fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(&path).unwrap();
    std::io::Write::write_all(&mut file, value.as_bytes()).unwrap();
    SecretSource::File(path)
}

pub(crate) async fn demand(source: &dyn WorkSource, now: i64) -> Reading<Demand> {
    source.read(DEMAND, now).await.demand
}

/// The number of a fresh reading.
#[track_caller]
pub(crate) fn waiting(reading: &Reading<Demand>) -> u64 {
    match reading {
        Reading::Fresh { value } => value.waiting,
        other => panic!("it is not fresh: {other:?}"),
    }
}

/// The reason of a failed reading.
pub(crate) async fn failure(source: &dyn WorkSource) -> String {
    match demand(source, 0).await {
        Reading::Failed { reason } => reason,
        other => panic!("it is not failed: {other:?}"),
    }
}

/// The number and the age of a stale reading, and the remarks.
pub(crate) async fn stale(source: &dyn WorkSource, now: i64) -> (u64, i64, String) {
    let reading = source.read(DEMAND, now).await;
    match reading.demand {
        Reading::Stale { value, age } => (value.waiting, age, reading.remarks.join("\n")),
        other => panic!("it is not stale: {other:?}"),
    }
}

/// Waits until something holds that must come about.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < give_up, "it did not come about that {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
