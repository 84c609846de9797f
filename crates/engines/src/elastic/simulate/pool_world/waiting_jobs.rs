use std::collections::{BTreeSet, VecDeque};

use crate::elastic::engine::Seconds;
use crate::elastic::simulate::Job;

/// The waiting jobs of one class.
#[derive(Debug, Default)]
pub(super) struct ClassQueue {
    /// Indexes of the jobs, the oldest first.
    jobs: VecDeque<usize>,
    /// Whether no machine that has not changed since can take one.
    pub(super) blocked: bool,
}

/// The queue, class by class, first come first served.
#[derive(Debug)]
pub(super) struct WaitingJobs {
    queues: Vec<ClassQueue>,
    /// Which classes no kind of machine can run.
    hopeless: Vec<bool>,
    /// The classes with waiting jobs that a machine could run.
    active: BTreeSet<usize>,
    ready: u64,
    unservable: u64,
}

impl WaitingJobs {
    /// Makes an empty queue; `hopeless` has an entry for every class.
    pub(super) fn new(hopeless: Vec<bool>) -> WaitingJobs {
        WaitingJobs {
            queues: hopeless.iter().map(|_| ClassQueue::default()).collect(),
            hopeless,
            active: BTreeSet::new(),
            ready: 0,
            unservable: 0,
        }
    }

    /// Adds a job that arrives.
    pub(super) fn push(&mut self, class: usize, job: usize) {
        self.queues[class].jobs.push_back(job);
        self.count(class);
    }

    /// Takes a job back that lost its machine. It keeps its age.
    pub(super) fn take_back(&mut self, class: usize, job: usize) {
        let queue = &mut self.queues[class];
        let place = queue.jobs.partition_point(|other| *other < job);
        queue.jobs.insert(place, job);
        self.count(class);
    }

    fn count(&mut self, class: usize) {
        if self.hopeless[class] {
            self.unservable += 1;
        } else {
            self.ready += 1;
            self.active.insert(class);
        }
    }

    /// Takes the oldest job of a class out.
    pub(super) fn pop(&mut self, class: usize) -> Option<usize> {
        let queue = &mut self.queues[class];
        let job = queue.jobs.pop_front()?;
        if queue.jobs.is_empty() {
            queue.blocked = false;
            self.active.remove(&class);
        }
        self.ready -= 1;
        Some(job)
    }

    /// Returns the oldest job of a class.
    pub(super) fn first(&self, class: usize) -> Option<usize> {
        self.queues[class].jobs.front().copied()
    }

    /// Returns the number of waiting jobs of a class.
    pub(super) fn count_of(&self, class: usize) -> u64 {
        u64::try_from(self.queues[class].jobs.len()).unwrap_or(u64::MAX)
    }

    /// Returns the queue of a class.
    pub(super) fn queue(&mut self, class: usize) -> &mut ClassQueue {
        &mut self.queues[class]
    }

    /// Returns the classes with waiting jobs that a machine could run.
    pub(super) fn active(&self) -> impl Iterator<Item = usize> {
        self.active.iter().copied()
    }

    /// Returns every class with waiting jobs.
    pub(super) fn occupied(&self) -> impl Iterator<Item = usize> {
        (0..self.queues.len()).filter(|class| !self.queues[*class].jobs.is_empty())
    }

    /// Returns the number of waiting jobs that a machine could run.
    pub(super) fn ready(&self) -> u64 {
        self.ready
    }

    /// Returns the number of waiting jobs that none could.
    pub(super) fn unservable(&self) -> u64 {
        self.unservable
    }

    /// Returns the time that all waiting jobs have waited, in seconds.
    pub(super) fn waited(&self, jobs: &[Job], now: Seconds) -> Seconds {
        let waiting = self.queues.iter().flat_map(|queue| &queue.jobs);
        waiting.map(|job| now - jobs[*job].at).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_comes_back_keeps_its_place() {
        let mut waiting = WaitingJobs::new(vec![false, true]);
        for (class, job) in [(0, 0), (0, 1), (1, 2), (0, 3)] {
            waiting.push(class, job);
        }
        assert_eq!((waiting.ready(), waiting.unservable()), (3, 1));
        assert_eq!([waiting.pop(0), waiting.pop(0)], [Some(0), Some(1)]);
        waiting.take_back(0, 1);
        assert_eq!((waiting.first(0), waiting.count_of(0)), (Some(1), 2));
        assert_eq!(waiting.active().collect::<Vec<_>>(), [0]);
        assert_eq!([waiting.pop(0), waiting.pop(0), waiting.pop(0)], [Some(1), Some(3), None]);
        assert_eq!((waiting.active().count(), waiting.occupied().collect::<Vec<_>>()), (0, vec![1]));
    }
}
