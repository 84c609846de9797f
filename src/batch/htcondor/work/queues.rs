use std::collections::BTreeMap;
use std::sync::Arc;

use super::AT_ONCE;
use super::collector_answer::CollectorAnswer;
use super::group_attributes::group_attributes;
use super::intervals::Intervals;
use super::job_groups::job_groups;
use super::job_query::JobQuery;
use super::match_attributes::Names;
use super::queue_answer::JobDates;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;
use crate::elastic::engine::{JobGroup, Seconds};
use crate::retry::in_parallel;

/// The waiting jobs of all queues.
pub(super) struct QueuesAnswer {
    pub(super) groups: Vec<JobGroup>,
    pub(super) remarks: Vec<String>,
    /// What each queue told of the times of its jobs, for the next question.
    pub(super) dates: BTreeMap<String, JobDates>,
}

/// Asks all queues for their waiting jobs. One that does not answer makes the whole answer fail: without it there would
/// be fewer jobs.
pub(super) async fn ask_queues(
    pool: &HTCondor,
    answer: &CollectorAnswer,
    read_by_slots: &Names,
    mut known: BTreeMap<String, JobDates>,
    (intervals, now): (Intervals, Seconds),
) -> Result<QueuesAnswer, HTCondorError> {
    let attributes: Arc<[String]> = group_attributes(read_by_slots).into();
    // Jobs that have not been through a negotiation may be matched by the next one. The negotiator reports only every
    // five minutes (NEGOTIATOR_UPDATE_INTERVAL); a cycle begins at least every NEGOTIATOR_INTERVAL.
    let young_from = answer.negotiated_at.unwrap_or(0).max(now.saturating_sub(intervals.of_negotiator));
    let queries = answer.queues.iter().map(|queue| JobQuery {
        pool: pool.clone(),
        queue: queue.name.clone(),
        attributes: Arc::clone(&attributes),
        young_from,
        known: known.remove(&queue.name).unwrap_or_default(),
        now,
    });
    let answers = in_parallel(AT_ONCE, queries, |query| async move { (query.ask().await, query.queue) }).await;
    let (mut waiting, mut remarks, mut dates) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (answer, queue) in answers {
        let answer = answer?;
        remarks.extend(answer.remarks(&queue));
        waiting.extend(answer.waiting);
        dates.insert(queue, answer.dates);
    }
    Ok(QueuesAnswer { groups: job_groups(waiting, now), remarks, dates })
}
