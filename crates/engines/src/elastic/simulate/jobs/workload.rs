use super::job::{Job, JobClass, LeftOut};
use crate::elastic::engine::Seconds;

/// Jobs in order of arrival. The first one arrives at 0 or later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// The jobs, in order of arrival.
    pub jobs: Vec<Job>,
    /// The classes of alike jobs.
    pub classes: Vec<JobClass>,
    /// Entries of the log that are left out, by reason.
    pub left_out: Vec<LeftOut>,
    /// What the log does not tell and is assumed, for people.
    pub assumptions: Vec<String>,
    /// The moment of time 0, in seconds since the Unix epoch, as far as the log tells.
    pub epoch: Option<Seconds>,
}

impl Workload {
    /// Returns the class of a job.
    pub fn class(&self, job: &Job) -> Option<&JobClass> {
        self.classes.get(usize::try_from(job.class).ok()?)
    }

    /// Returns the time of the last arrival; 0 without jobs.
    pub fn last_arrival(&self) -> Seconds {
        self.jobs.last().map_or(0, |job| job.at)
    }

    /// Returns the processor seconds that the jobs run.
    pub fn cpu_seconds(&self) -> u64 {
        let of = |job: &Job| {
            u64::from(job.run).saturating_mul(self.class(job).map_or(1, |class| u64::from(class.needs.cpus)))
        };
        self.jobs.iter().fold(0, |sum, job| sum.saturating_add(of(job)))
    }

    /// Returns the number of entries that are left out.
    pub fn jobs_left_out(&self) -> u64 {
        self.left_out.iter().map(|left_out| left_out.jobs).sum()
    }
}
