//! Why instances of an annex are not in its pool: by their logs, or else by their consoles.

use std::time::Duration;

use jiff::Timestamp;

use crate::annex::{AnnexCloud, AnnexId, JoinFailure, Row};

/// How long an instance is given before it is asked: it joins within that where nothing is wrong and nothing is to be
/// installed.
const QUIET: Duration = Duration::from_secs(20);

/// The most instances that are asked at a time: what keeps one out mostly keeps all out.
const MOST: usize = 3;

/// Adds to rows of instances that run and are not in the pool what they tell of it, as far as they do.
pub(super) async fn find_failures(cloud: &dyn AnnexCloud, id: &AnnexId, rows: &mut [Row], now: Timestamp) {
    let late = |row: &&mut Row| row.is_late(now, QUIET);
    for row in rows.iter_mut().filter(late).take(MOST) {
        row.failure = join_failure(cloud, id, &row.instance.id).await;
    }
}

/// Returns what an instance tells of why it is not in the pool. What cannot be read tells nothing.
async fn join_failure(cloud: &dyn AnnexCloud, id: &AnnexId, instance: &str) -> Option<JoinFailure> {
    let logs = cloud.logs(id, instance).await.unwrap_or_default();
    JoinFailure::of(&logs, &cloud.console(instance).await.unwrap_or_default())
}
