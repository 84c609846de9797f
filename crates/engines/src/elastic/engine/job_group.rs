use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ad_notation;
use super::seconds::Seconds;
use crate::classad::ClassAd;

/// Waiting jobs that are alike in all that matters for a match (HTCondor: `condor_q -group-by` on the attributes that
/// requirements read).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobGroup {
    /// The identity of the group, the same in every pass while its jobs are alike.
    pub id: Arc<str>,
    /// Number of jobs that wait (`JobStatus` 1), without those that need no slot.
    pub count: u64,
    /// Number of jobs that have not appeared yet and would as soon as the waiting ones start: late materialization,
    /// within what `max_idle` and `max_materialize` let in.
    #[serde(default)]
    pub hidden: u64,
    /// The attributes of one of its jobs: `Requirements`, `Request…` and all that these read.
    #[serde(with = "ad_notation")]
    pub ad: Arc<ClassAd>,
    /// The jobs' priority (`JobPrio`). Higher ones are placed first.
    #[serde(default)]
    pub priority: i64,
    /// Time since which the longest waiting job waits.
    pub oldest: Seconds,
    /// Time that one of its jobs runs, in seconds, known or estimated. None: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_time: Option<Seconds>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ad_is_kept_as_text() {
        let ad = ClassAd::from_long_text("RequestCpus = 2\nRequirements = TARGET.Memory >= 512").unwrap();
        let group = JobGroup {
            id: "a".into(),
            count: 3,
            hidden: 0,
            ad: Arc::new(ad),
            priority: 0,
            oldest: 60,
            run_time: Some(600),
        };
        let text = serde_json::to_string(&group).unwrap();
        assert!(text.contains("Requirements = TARGET.Memory >= 512"), "{text}");
        assert_eq!(serde_json::from_str::<JobGroup>(&text).unwrap(), group);
    }
}
