//! Why instances of an annex are not in its pool: by their logs, or else by their consoles.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::annex::{AnnexCloud, AnnexId, JoinFailure, Row};

/// How long an instance is given before it is asked: it joins within that where nothing is wrong and nothing is to be
/// installed.
const QUIET: Duration = Duration::from_secs(20);

/// The most instances that are asked at a time: what keeps one out mostly keeps all out.
const MOST: usize = 24;

/// The number of instances that are asked at once: each takes several calls.
const AT_ONCE: usize = 8;

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
    for some in late.chunks_mut(AT_ONCE) {
        let mut asked = JoinSet::new();
        for (place, row) in some.iter().enumerate() {
            let (cloud, id, instance) = (Arc::clone(cloud), id.clone(), row.instance.id.clone());
            asked.spawn(async move { (place, join_failure(&*cloud, &id, &instance).await) });
        }
        while let Some(told) = asked.join_next().await {
            // One that broke off has told nothing.
            if let Ok((place, failure)) = told {
                some[place].failure = failure;
            }
        }
    }
    unasked
}

/// Returns what an instance tells of why it is not in the pool. What cannot be read tells nothing.
async fn join_failure(cloud: &dyn AnnexCloud, id: &AnnexId, instance: &str) -> Option<JoinFailure> {
    let logs = cloud.logs(id, instance).await.unwrap_or_default();
    JoinFailure::of(&logs, &cloud.console(instance).await.unwrap_or_default())
}
