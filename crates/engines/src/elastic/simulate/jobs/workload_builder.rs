use std::collections::HashMap;

use super::input_error::Fault;
use super::job::{Job, JobClass, LeftOut};
use super::workload::Workload;
use crate::classad::parse_expression;
use crate::elastic::engine::Seconds;

/// Largest number of jobs.
const MOST_JOBS: usize = 5_000_000;

/// Largest number of classes of alike jobs.
const MOST_CLASSES: usize = 10_000;

/// Longest run time in seconds: about 30 years.
const LONGEST_RUN: Seconds = 1_000_000_000;

/// Latest arrival, in seconds since the Unix epoch: about the year 5000.
const LATEST: Seconds = 100_000_000_000;

/// Puts a workload together, entry by entry.
#[derive(Debug, Default)]
pub(super) struct WorkloadBuilder {
    jobs: Vec<Job>,
    classes: Vec<JobClass>,
    numbers: HashMap<JobClass, u32>,
    left_out: Vec<LeftOut>,
}

impl WorkloadBuilder {
    /// Returns the number of a class. A new one is checked: its expressions must be readable.
    pub(super) fn class(&mut self, class: &JobClass) -> Result<u32, Fault> {
        if let Some(number) = self.numbers.get(class) {
            return Ok(*number);
        }
        if self.classes.len() >= MOST_CLASSES {
            return Err(Fault::TooManyClasses { most: MOST_CLASSES });
        }
        let requirements = class.needs.requirements.iter().map(|text| ("requirements", &**text));
        let attributes = class.needs.attributes.iter().map(|(name, text)| (&**name, &**text));
        for (attribute, text) in requirements.chain(attributes) {
            parse_expression(text).map_err(|source| Fault::Expression { attribute: attribute.into(), source })?;
        }
        let number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.classes.push(class.clone());
        self.numbers.insert(class.clone(), number);
        Ok(number)
    }

    /// Adds alike jobs that arrive together.
    pub(super) fn add(&mut self, at: Seconds, run: Seconds, count: u64, class: u32) -> Result<(), Fault> {
        let outside = |field, value: Seconds, expected| Fault::Value { field, value: value.to_string(), expected };
        if !(0..=LATEST).contains(&at) {
            return Err(outside("at", at, "seconds from 0 to 100000000000"));
        }
        let run = u32::try_from(run)
            .ok()
            .filter(|run| Seconds::from(*run) <= LONGEST_RUN)
            .ok_or_else(|| outside("run", run, "seconds from 0 to 1000000000"))?;
        let count = usize::try_from(count).ok().filter(|count| self.jobs.len().saturating_add(*count) <= MOST_JOBS);
        let count = count.ok_or(Fault::TooManyJobs { most: MOST_JOBS })?;
        self.jobs.extend(std::iter::repeat_n(Job { at, run, class }, count));
        Ok(())
    }

    /// Counts entries that are no part of the workload.
    pub(super) fn leave_out(&mut self, reason: &'static str, jobs: u64) {
        match self.left_out.iter_mut().find(|left_out| left_out.reason == reason) {
            Some(left_out) => left_out.jobs = left_out.jobs.saturating_add(jobs),
            None => self.left_out.push(LeftOut { reason, jobs }),
        }
    }

    /// Returns the workload with the times as they are.
    pub(super) fn finish(mut self) -> Workload {
        self.jobs.sort_by_key(|job| job.at);
        let Self { jobs, classes, left_out, .. } = self;
        Workload { jobs, classes, left_out, ..Workload::default() }
    }

    /// Returns the workload with times counted from the first arrival.
    pub(super) fn finish_from_first(self) -> Workload {
        let mut workload = self.finish();
        let first = workload.jobs.first().map(|job| job.at);
        workload.jobs.iter_mut().for_each(|job| job.at -= first.unwrap_or(0));
        Workload { epoch: first, ..workload }
    }
}

#[cfg(test)]
mod tests {
    use super::super::needs::Needs;
    use super::*;

    #[test]
    fn alike_jobs_share_a_class_and_stand_in_order_of_arrival() {
        let mut builder = WorkloadBuilder::default();
        let class = JobClass { needs: Needs::of_cpus(2), ..JobClass::default() };
        let numbers = [builder.class(&class).unwrap(), builder.class(&class).unwrap()];
        builder.add(1_700_000_050, 10, 2, numbers[0]).unwrap();
        builder.add(1_700_000_000, 20, 1, numbers[1]).unwrap();
        let workload = builder.finish_from_first();
        assert_eq!(
            workload.jobs.iter().map(|job| (job.at, job.run)).collect::<Vec<_>>(),
            [(0, 20), (50, 10), (50, 10)]
        );
        assert_eq!((workload.classes.len(), workload.epoch), (1, Some(1_700_000_000)));
        assert_eq!((workload.cpu_seconds(), workload.last_arrival()), (80, 50));
    }

    #[test]
    fn bounds_and_unreadable_expressions_are_named() {
        let mut builder = WorkloadBuilder::default();
        let text = |fault: Result<(), Fault>| fault.unwrap_err().to_string();
        assert_eq!(text(builder.add(-1, 0, 1, 0)), "`at` is `-1`, but must be seconds from 0 to 100000000000");
        assert_eq!(text(builder.add(0, -5, 1, 0)), "`run` is `-5`, but must be seconds from 0 to 1000000000");
        assert_eq!(text(builder.add(0, 5, u64::MAX, 0)), "more than 5000000 jobs; simulate a part of the log");
        let needs = Needs { requirements: Some("Memory >".into()), ..Needs::default() };
        let fault = builder.class(&JobClass { needs, ..JobClass::default() }).unwrap_err().to_string();
        assert!(fault.starts_with("`requirements` is no ClassAd expression: expected an operand"), "{fault}");
    }
}
