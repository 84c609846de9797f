use std::collections::{BTreeSet, HashMap};

use super::input::Submission;
use crate::elastic::engine::{Demand, Seconds};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    Waiting,
    /// Other jobs must be finished first.
    Pending,
    Working,
    Finished,
}

#[derive(Clone, Debug)]
struct Job {
    state: JobState,
    run: Seconds,
    /// The worker that it was last given to.
    holder: Option<usize>,
    paused: bool,
    is_group: bool,
    /// Whether it asks for a property that no worker has.
    picky: bool,
    group: Option<usize>,
    /// Number of unfinished jobs that must be finished first.
    open: usize,
    dependents: Vec<usize>,
    /// Of a group: its jobs, and how many of them work and are finished.
    members: usize,
    working: usize,
    finished: usize,
    children: Vec<usize>,
}

/// The server's jobs, in order of submission.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    jobs: Vec<Job>,
    names: HashMap<String, Vec<usize>>,
    /// Jobs that a worker may take.
    ready: BTreeSet<usize>,
    /// Number of jobs and groups that wait and are not paused themselves: what the original counts.
    shown: u64,
    /// Number of jobs, without groups, that wait and are not held by a pause.
    queued: u64,
    pub(super) done: u64,
    pub(super) last_done: Option<Seconds>,
}

impl Jobs {
    /// Adds one job.
    pub(super) fn submit(&mut self, submission: &Submission) {
        let id = self.jobs.len();
        let group = submission.group.as_ref().and_then(|name| self.names.get(name)?.first().copied());
        let group = group.filter(|group| self.jobs[*group].is_group);
        let needed: Vec<usize> =
            submission.dependencies.iter().filter_map(|name| self.names.get(name)).flatten().copied().collect();
        let open = needed.iter().filter(|job| self.jobs[**job].state != JobState::Finished).count();
        for job in needed {
            self.jobs[job].dependents.push(id);
        }
        self.jobs.push(Job {
            state: if open > 0 { JobState::Pending } else { JobState::Waiting },
            run: submission.run.max(0),
            holder: None,
            paused: submission.paused,
            is_group: submission.is_group,
            picky: submission.affinity.as_ref().is_some_and(|affinity| !affinity.is_empty()),
            group,
            open,
            dependents: Vec::new(),
            members: 0,
            working: 0,
            finished: 0,
            children: Vec::new(),
        });
        if let Some(name) = &submission.name {
            self.names.entry(name.clone()).or_default().push(id);
        }
        self.count(id, true);
        if let Some(group) = group {
            self.jobs[group].children.push(id);
        }
        if !submission.is_group {
            self.follow_groups(id, |group| group.members += 1);
        }
    }

    /// Tells whether a job or one of its groups is paused, or one of its groups has to wait for other jobs.
    fn is_held(&self, id: usize) -> bool {
        let mut job = &self.jobs[id];
        if job.paused {
            return true;
        }
        while let Some(group) = job.group {
            job = &self.jobs[group];
            if job.paused || job.state == JobState::Pending {
                return true;
            }
        }
        false
    }

    /// Adds a job to the counts of what waits, or takes it off.
    fn count(&mut self, id: usize, add: bool) {
        let job = &self.jobs[id];
        if job.state != JobState::Waiting {
            return;
        }
        let (shown, queued) = (!job.paused, !job.is_group && !self.is_held(id));
        let ready = queued && !job.picky;
        if add {
            self.shown += u64::from(shown);
            self.queued += u64::from(queued);
            if ready {
                self.ready.insert(id);
            }
        } else {
            self.shown -= u64::from(shown);
            self.queued -= u64::from(queued);
            self.ready.remove(&id);
        }
    }

    fn set_state(&mut self, id: usize, state: JobState) {
        let before = self.jobs[id].state;
        if before == state {
            return;
        }
        self.count(id, false);
        // Whether the jobs of a group may run hangs on its state.
        let frees = before == JobState::Pending && self.jobs[id].is_group;
        let descendants = if frees { self.descendants(id) } else { Vec::new() };
        descendants.iter().for_each(|job| self.count(*job, false));
        self.jobs[id].state = state;
        self.count(id, true);
        descendants.iter().for_each(|job| self.count(*job, true));
        if state == JobState::Finished {
            for dependent in self.jobs[id].dependents.clone() {
                self.jobs[dependent].open = self.jobs[dependent].open.saturating_sub(1);
                if self.jobs[dependent].open == 0 && self.jobs[dependent].state == JobState::Pending {
                    self.set_state(dependent, JobState::Waiting);
                }
            }
        }
        if !self.jobs[id].is_group {
            self.follow_groups(id, |group| {
                match before {
                    JobState::Working => group.working -= 1,
                    JobState::Finished => group.finished -= 1,
                    _ => {}
                }
                match state {
                    JobState::Working => group.working += 1,
                    JobState::Finished => group.finished += 1,
                    _ => {}
                }
            });
        }
    }

    fn descendants(&self, id: usize) -> Vec<usize> {
        let mut found = self.jobs[id].children.clone();
        let mut next = 0;
        while let Some(job) = found.get(next).copied() {
            found.extend(&self.jobs[job].children);
            next += 1;
        }
        found
    }

    /// Changes the counts of all groups of a job, and their states with them.
    fn follow_groups(&mut self, id: usize, change: impl Fn(&mut Job)) {
        let mut group = self.jobs[id].group;
        while let Some(id) = group {
            change(&mut self.jobs[id]);
            let job = &self.jobs[id];
            let state = if job.finished == job.members {
                JobState::Finished
            } else if job.working > 0 {
                JobState::Working
            } else if job.open > 0 {
                JobState::Pending
            } else {
                JobState::Waiting
            };
            group = job.group;
            self.set_state(id, state);
        }
    }

    /// Gives a worker the first job that it may take: its number and its run time.
    pub(super) fn take(&mut self, worker: usize) -> Option<(usize, Seconds)> {
        let id = self.ready.first().copied()?;
        self.set_state(id, JobState::Working);
        self.jobs[id].holder = Some(worker);
        Some((id, self.jobs[id].run))
    }

    /// Tells whether a worker is the last that a job was given to.
    pub(super) fn is_held_by(&self, id: usize, worker: usize) -> bool {
        self.jobs[id].holder == Some(worker)
    }

    /// Tells whether a job is at work with a worker.
    pub(super) fn works_for(&self, id: usize, worker: usize) -> bool {
        self.jobs[id].state == JobState::Working && self.is_held_by(id, worker)
    }

    /// Puts a job back among the waiting ones.
    pub(super) fn put_back(&mut self, id: usize) {
        self.set_state(id, JobState::Waiting);
    }

    /// Takes in the end of a job.
    pub(super) fn finish(&mut self, id: usize, now: Seconds) {
        self.set_state(id, JobState::Finished);
        self.done += 1;
        self.last_done = Some(now);
    }

    /// Returns the number of jobs and groups that are shown as waiting.
    pub(super) fn shown(&self) -> u64 {
        self.shown
    }

    /// Returns the number of waiting jobs.
    pub(super) fn queued(&self) -> u64 {
        self.queued
    }

    /// Returns the demand.
    pub(super) fn demand(&self) -> Demand {
        let waiting = u64::try_from(self.ready.len()).unwrap_or(u64::MAX);
        Demand { waiting, unservable: self.shown.saturating_sub(waiting) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submit(jobs: &mut Jobs, submission: Submission) {
        jobs.submit(&submission);
    }

    #[test]
    fn group_is_shown_as_waiting_but_cannot_be_served() {
        let mut jobs = Jobs::default();
        submit(&mut jobs, Submission { name: Some("g".into()), is_group: true, ..Submission::default() });
        submit(&mut jobs, Submission { group: Some("g".into()), paused: true, ..Submission::default() });
        assert_eq!((jobs.demand(), jobs.queued()), (Demand { waiting: 0, unservable: 1 }, 0));
    }

    #[test]
    fn child_of_a_paused_group_is_shown_and_not_given_out() {
        let mut jobs = Jobs::default();
        submit(&mut jobs, Submission { name: Some("g".into()), is_group: true, paused: true, ..Submission::default() });
        submit(&mut jobs, Submission { group: Some("g".into()), ..Submission::default() });
        assert_eq!(jobs.demand(), Demand { waiting: 0, unservable: 1 });
        assert_eq!(jobs.take(0), None);
    }

    #[test]
    fn group_works_and_finishes_with_its_jobs() {
        let mut jobs = Jobs::default();
        submit(&mut jobs, Submission { name: Some("g".into()), is_group: true, ..Submission::default() });
        submit(&mut jobs, Submission { group: Some("g".into()), run: 10, ..Submission::default() });
        assert_eq!(jobs.demand(), Demand { waiting: 1, unservable: 1 });
        assert_eq!(jobs.take(0), Some((1, 10)));
        assert_eq!(jobs.shown(), 0);
        jobs.finish(1, 10);
        assert_eq!((jobs.shown(), jobs.done), (0, 1));
    }

    #[test]
    fn dependent_job_is_pending_until_the_other_is_finished() {
        let mut jobs = Jobs::default();
        submit(&mut jobs, Submission { name: Some("a".into()), ..Submission::default() });
        submit(&mut jobs, Submission { dependencies: vec!["a".into()], ..Submission::default() });
        assert_eq!(jobs.shown(), 1);
        jobs.take(0);
        assert_eq!(jobs.shown(), 0);
        jobs.finish(0, 5);
        assert_eq!(jobs.take(0), Some((1, 0)));
    }
}
