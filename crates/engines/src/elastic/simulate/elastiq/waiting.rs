use std::collections::VecDeque;

use crate::elastic::engine::Seconds;

/// The queue of waiting jobs, first come first served.
#[derive(Debug, Default)]
pub(super) struct WaitingJobs {
    /// Jobs of one run time that stand one after the other.
    batches: VecDeque<(Seconds, u64)>,
    ready: u64,
    hopeless: u64,
}

impl WaitingJobs {
    /// Adds jobs at the end.
    pub(super) fn arrive(&mut self, run: Seconds, count: u64) {
        match self.batches.back_mut() {
            Some((last, more)) if *last == run => *more += count,
            _ => self.batches.push_back((run, count)),
        }
        self.ready += count;
    }

    /// Adds jobs that no machine can run.
    pub(super) fn arrive_hopeless(&mut self, count: u64) {
        self.hopeless += count;
    }

    /// Puts a job back at the head.
    pub(super) fn come_back(&mut self, run: Seconds) {
        match self.batches.front_mut() {
            Some((first, more)) if *first == run => *more += 1,
            _ => self.batches.push_front((run, 1)),
        }
        self.ready += 1;
    }

    /// Takes the first job and returns its run time.
    pub(super) fn take(&mut self) -> Option<Seconds> {
        let (run, count) = self.batches.front_mut()?;
        let run = *run;
        *count -= 1;
        if *count == 0 {
            self.batches.pop_front();
        }
        self.ready -= 1;
        Some(run)
    }

    /// Removes waiting jobs from the head: all, or so many.
    pub(super) fn remove(&mut self, count: Option<u64>) {
        let Some(mut rest) = count else {
            *self = WaitingJobs::default();
            return;
        };
        while rest > 0 && self.take().is_some() {
            rest -= 1;
        }
        self.hopeless = self.hopeless.saturating_sub(rest);
    }

    /// Returns the number of jobs that some machine can run.
    pub(super) fn ready(&self) -> u64 {
        self.ready
    }

    /// Returns the number of jobs that no machine can run.
    pub(super) fn hopeless(&self) -> u64 {
        self.hopeless
    }

    /// Returns the number of all waiting jobs.
    pub(super) fn count(&self) -> u64 {
        self.ready + self.hopeless
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_that_come_back_stand_first() {
        let mut jobs = WaitingJobs::default();
        jobs.arrive(100, 2);
        jobs.come_back(7);
        assert_eq!([jobs.take(), jobs.take(), jobs.take(), jobs.take()], [Some(7), Some(100), Some(100), None]);
    }

    #[test]
    fn removal_takes_hopeless_jobs_last() {
        let mut jobs = WaitingJobs::default();
        jobs.arrive(100, 2);
        jobs.arrive_hopeless(3);
        jobs.remove(Some(4));
        assert_eq!((jobs.ready(), jobs.hopeless()), (0, 1));
        jobs.remove(None);
        assert_eq!(jobs.count(), 0);
    }
}
