//! Why instances of an annex are not in its pool: by their logs, or else by their consoles.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::logs::AT_ONCE;
use crate::annex::{AnnexCloud, AnnexId, JoinFailure, Row};
use crate::retry::in_parallel;

/// How long an instance is given before it is asked: it joins within that where nothing is wrong and nothing is to be
/// installed.
const QUIET: Duration = Duration::from_secs(20);

/// The most instances that are asked at a time: what keeps one out mostly keeps all out.
const MOST: usize = 24;

/// Adds to rows of instances that run and are not in the pool what they tell of it, as far as they do; returns how many
/// of those were not asked.
pub(super) async fn find_failures(
    cloud: &Arc<dyn AnnexCloud>,
    id: &AnnexId,
    rows: &mut [Row],
    now: Timestamp,
) -> usize {
    let mut late: Vec<&mut Row> = rows.iter_mut().filter(|row| row.is_late(now, QUIET)).collect();
    let unasked = late.len().saturating_sub(MOST);
    late.truncate(MOST);
    let asked: Vec<String> = late.iter().map(|row| row.instance.id.clone()).collect();
    let ask = |instance: String| {
        let (cloud, id) = (Arc::clone(cloud), id.clone());
        async move { join_failure(&*cloud, &id, &instance).await }
    };
    for (row, failure) in late.into_iter().zip(in_parallel(AT_ONCE, asked, ask).await) {
        row.failure = failure;
    }
    unasked
}

/// Returns what an instance tells of why it is not in the pool. What cannot be read tells nothing.
async fn join_failure(cloud: &dyn AnnexCloud, id: &AnnexId, instance: &str) -> Option<JoinFailure> {
    let logs = cloud.logs(id, instance).await.unwrap_or_default();
    JoinFailure::of(&logs, &cloud.console(instance).await.unwrap_or_default())
}
