//! Late materialization: jobs of a cluster that appear in the queue only as others start or end.
//!
//! `queue 5000` with `max_idle = 20` shows 20 jobs. A scaler that ignores the others never grows past these; one that
//! counts all would launch for jobs that `max_materialize` keeps back. What counts is what appears as soon as the
//! waiting jobs start.

use super::queue_answer::Waiting;
use crate::classad::{ClassAd, Expression, Name, references_in};

/// Returns the number of jobs that a cluster's factory adds as soon as its waiting jobs start.
pub(super) fn hidden(factory: &ClassAd) -> u64 {
    let count = |name: &str| factory.int(name).and_then(|count| u64::try_from(count).ok());
    // 0: running; 1: held; 2 and 3: paused by the queue; -1: no longer readable.
    let is_paused = ["JobMaterializePaused", "JobFactoryPaused"]
        .iter()
        .any(|name| factory.int(name).is_some_and(|paused| paused != 0));
    let (Some(all), false) = (count("TotalSubmitProcs"), is_paused) else { return 0 };
    let left = all.saturating_sub(count("JobMaterializeNextProcId").unwrap_or(0));
    let present = count("JobsPresent").unwrap_or(0);
    let may_be = count("JobMaterializeLimit").map_or(left, |limit| limit.saturating_sub(present));
    let at_once = count("JobMaterializeMaxIdle").unwrap_or(left);
    left.min(may_be).min(at_once)
}

/// Adds the hidden jobs of a cluster to the jobs that they are like, or as jobs of their own. `attributes` are those
/// that jobs are put in groups by.
pub(super) fn add_hidden(waiting: &mut Vec<Waiting>, factory: &ClassAd, attributes: &[String]) {
    let hidden = hidden(factory);
    if hidden == 0 {
        return;
    }
    let is_like = |jobs: &Waiting| jobs.ad.iter().all(|(name, value)| factory.get(name) == Some(value));
    if let Some(jobs) = waiting.iter_mut().find(|jobs| is_like(jobs)) {
        jobs.hidden = jobs.hidden.saturating_add(hidden);
        return;
    }
    let ad = shared(factory, attributes);
    waiting.push(Waiting { ad, count: 0, hidden, oldest: factory.int("QDate") });
}

/// Returns the attributes of a cluster that its jobs are put in groups by, and those that they read in turn.
pub(super) fn shared(cluster: &ClassAd, attributes: &[String]) -> ClassAd {
    let mut ad = ClassAd::new();
    for name in attributes {
        let Some(expression) = cluster.attribute(name) else { continue };
        ad.insert(Name::new(name), expression.clone());
        if let Expression::Node(_) = expression {
            let read = references_in(expression, cluster);
            for (name, value) in cluster.iter() {
                if read.my.contains(name.lower()) || read.bare.contains(name.lower()) {
                    ad.insert(name.clone(), value.clone());
                }
            }
        }
    }
    // Clusters have the status of a held job; their jobs have their own.
    ad.iter()
        .filter(|(name, _)| name.lower() != "jobstatus")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factory(more: &str) -> ClassAd {
        let text = format!(
            "TotalSubmitProcs = 5000\nJobMaterializeNextProcId = 20\nJobMaterializeLimit = 5000\nJobsPresent = 20\nQDate = 9\nOwner = \"a\"\n\
             RequestDisk = DiskUsage\nDiskUsage = 7\nCmd = \"x\"\n{more}"
        );
        ClassAd::from_long_text(&text).unwrap()
    }

    #[test]
    fn hidden_jobs_are_those_that_the_limits_let_in() {
        for (more, expected) in [
            ("JobMaterializeMaxIdle = 20", 20),
            ("", 4980),
            ("JobMaterializeLimit = 30", 10),
            ("JobMaterializeLimit = 30\nJobMaterializeMaxIdle = 5", 5),
            ("JobMaterializeNextProcId = 4990", 10),
            ("JobMaterializeNextProcId = 5000\nJobMaterializeMaxIdle = 20", 0),
            ("JobMaterializePaused = 1", 0),
            ("JobFactoryPaused = -1", 0),
            ("JobFactoryPaused = 0\nJobsPresent = 6000", 0),
        ] {
            assert_eq!(hidden(&factory(more)), expected, "{more}");
        }
    }

    #[test]
    fn hidden_jobs_join_those_that_they_are_like() {
        let attributes = ["Owner", "RequestDisk", "RequestCpus"].map(str::to_owned);
        let like = ClassAd::from_long_text("Owner = \"a\"\nRequestDisk = DiskUsage\nDiskUsage = 7").unwrap();
        let other = ClassAd::from_long_text("Owner = \"b\"").unwrap();
        let jobs = |ad: &ClassAd| Waiting { ad: ad.clone(), count: 2, hidden: 0, oldest: Some(1) };
        let mut waiting = vec![jobs(&other), jobs(&like)];
        add_hidden(&mut waiting, &factory("JobMaterializeMaxIdle = 20"), &attributes);
        assert_eq!(waiting.iter().map(|jobs| jobs.hidden).collect::<Vec<_>>(), [0, 20]);
        waiting.truncate(1);
        add_hidden(&mut waiting, &factory("JobMaterializeMaxIdle = 20"), &attributes);
        assert_eq!((waiting[1].count, waiting[1].hidden, waiting[1].oldest), (0, 20, Some(9)));
        assert_eq!(waiting[1].ad, like);
    }
}
