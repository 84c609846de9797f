use crate::batch::htcondor::universe::{IN_SLOTS, PARALLEL, VANILLA};
use crate::classad::{ClassAd, Scope, Value, evaluate};
use crate::elastic::engine::Seconds;

/// Time before its start at which a job with one is matched (`deferral_prep_time`), in seconds.
const PREPARATION: Seconds = 300;

/// Waiting jobs of one queue that are alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    /// The attributes that they share.
    pub(super) ad: ClassAd,
    /// Number of jobs.
    pub(super) count: u64,
    /// Number of jobs that have not appeared yet and would as soon as the waiting ones start.
    pub(super) hidden: u64,
    /// Time since which the longest waiting one waits; `None` if it left the queue meanwhile.
    pub(super) oldest: Option<Seconds>,
}

/// The answer of a queue.
#[derive(Clone, Debug, Default)]
pub(super) struct QueueAnswer {
    /// Its waiting jobs.
    pub(super) waiting: Vec<Waiting>,
    /// Number of jobs that need no slot.
    pub(super) elsewhere: u64,
    /// Number of jobs that are to start at a later time.
    pub(super) deferred: u64,
}

impl QueueAnswer {
    /// Sorts jobs: into those that wait for a slot, and others.
    pub(super) fn take(&mut self, mut jobs: Waiting, now: Seconds) {
        let universe = jobs.ad.int("JobUniverse").unwrap_or(VANILLA);
        let all = jobs.count.saturating_add(jobs.hidden);
        if !IN_SLOTS.contains(&universe) {
            self.elsewhere = self.elsewhere.saturating_add(all);
        } else if is_deferred(&jobs.ad, now) {
            self.deferred = self.deferred.saturating_add(all);
        } else if all > 0 {
            if universe == PARALLEL {
                let machines = jobs.ad.int("MaxHosts").and_then(|hosts| hosts.try_into().ok()).unwrap_or(1_u64);
                (jobs.count, jobs.hidden) = (jobs.count.saturating_mul(machines), jobs.hidden.saturating_mul(machines));
            }
            self.waiting.push(jobs);
        }
    }

    /// Returns remarks about the jobs that were left out.
    pub(super) fn remarks(&self, queue: &str) -> Vec<String> {
        let of = |count: u64, why: &str| {
            (count > 0).then(|| format!("{count} waiting in the queue {queue} left out: {why}"))
        };
        let elsewhere = of(self.elsewhere, "their universe needs no slot (scheduler, local, grid)");
        let deferred = of(self.deferred, "they start at a later time (DeferralTime)");
        elsewhere.into_iter().chain(deferred).collect()
    }
}

/// Whether jobs are to start at a time that is too far away to be matched now.
fn is_deferred(job: &ClassAd, now: Seconds) -> bool {
    let seconds = |name: &str| match evaluate(job.attribute(name)?, Scope::new(job, None, now)).value {
        Value::Integer(seconds) => Some(seconds),
        _ => None,
    };
    let preparation = seconds("DeferralPrepTime").unwrap_or(PREPARATION);
    seconds("DeferralTime").is_some_and(|time| time.saturating_sub(preparation) > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> QueueAnswer {
        let mut answer = QueueAnswer::default();
        let ad = ClassAd::from_long_text(text).unwrap();
        answer.take(Waiting { ad, count: 3, hidden: 1, oldest: Some(5) }, 1000);
        answer
    }

    #[test]
    fn only_jobs_that_need_a_slot_now_wait() {
        assert_eq!(taken("JobUniverse = 5").waiting.len(), 1);
        for universe in [7, 9, 12] {
            let answer = taken(&format!("JobUniverse = {universe}"));
            assert_eq!((answer.waiting.len(), answer.elsewhere), (0, 4), "{universe}");
        }
        assert_eq!(taken("JobUniverse = 5\nDeferralTime = 1300").waiting.len(), 1);
        let later = taken("JobUniverse = 5\nDeferralTime = CurrentTime + 900\nDeferralPrepTime = 60");
        assert_eq!((later.waiting.len(), later.deferred, later.remarks("q").len()), (0, 4, 1));
    }

    #[test]
    fn a_parallel_job_waits_for_several_slots() {
        assert_eq!(taken("JobUniverse = 11\nMaxHosts = 4").waiting[0].count, 12);
    }
}
