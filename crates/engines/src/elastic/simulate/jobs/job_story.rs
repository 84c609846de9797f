use std::collections::BTreeMap;

use super::input_error::Fault;
use super::job::JobClass;
use super::job_ad::needs;
use super::workload_builder::WorkloadBuilder;
use crate::classad::{ClassAd, Expression, Literal, Name};
use crate::elastic::engine::Seconds;

/// An event about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobEvent {
    /// Submitted (000).
    Submitted,
    /// Began to run (001).
    Started,
    /// Stopped and waits again (004, 007, 012).
    Stopped,
    /// Ended by itself (005).
    Ended,
    /// Taken out of the queue (009).
    Removed,
    /// Says more of the job (006, 028).
    Described,
}

impl JobEvent {
    /// Returns the event of a code of HTCondor's event logs. None: it says nothing of arrivals and runs.
    pub(super) fn of_code(code: u32) -> Option<JobEvent> {
        Some(match code {
            0 => JobEvent::Submitted,
            1 => JobEvent::Started,
            4 | 7 | 12 => JobEvent::Stopped,
            5 => JobEvent::Ended,
            9 => JobEvent::Removed,
            6 | 28 => JobEvent::Described,
            _ => return None,
        })
    }
}

#[derive(Debug, Default)]
struct Story {
    submitted: Option<Seconds>,
    started: Option<Seconds>,
    ad: ClassAd,
}

/// The stories of the jobs of an event log, by cluster and process.
#[derive(Debug, Default)]
pub(super) struct JobStories {
    open: BTreeMap<(i64, i64), Story>,
}

impl JobStories {
    /// Takes an event in, with attributes of the job that it tells. A job that ended goes to the builder.
    pub(super) fn add(
        &mut self,
        builder: &mut WorkloadBuilder,
        job: (i64, i64),
        event: JobEvent,
        at: Seconds,
        attributes: ClassAd,
    ) -> Result<(), Fault> {
        let story = self.open.entry(job).or_default();
        if event == JobEvent::Submitted {
            *story = Story { submitted: Some(at), ..Story::default() };
        }
        for (name, expression) in attributes.iter() {
            story.ad.insert(name.clone(), expression.clone());
        }
        match event {
            JobEvent::Started => story.started = Some(at),
            JobEvent::Stopped => story.started = None,
            JobEvent::Submitted | JobEvent::Described => {}
            JobEvent::Removed => {
                self.open.remove(&job);
                builder.leave_out("removed before they ended", 1);
            }
            JobEvent::Ended => {
                if let Some(story) = self.open.remove(&job) {
                    finish(builder, &story, at)?;
                }
            }
        }
        Ok(())
    }

    /// Counts the jobs whose end the log does not have.
    pub(super) fn finish(self, builder: &mut WorkloadBuilder) {
        if !self.open.is_empty() {
            builder.leave_out("not ended in the log", u64::try_from(self.open.len()).unwrap_or(u64::MAX));
        }
    }
}

fn finish(builder: &mut WorkloadBuilder, story: &Story, ended: Seconds) -> Result<(), Fault> {
    let (Some(submitted), Some(started)) = (story.submitted, story.started) else {
        builder.leave_out("without submission and start in the log", 1);
        return Ok(());
    };
    let class = builder.class(&JobClass { group: None, user: None, needs: needs(&story.ad, submitted) })?;
    builder.add(submitted, ended.saturating_sub(started).max(0), 1, class)
}

/// Gives an ad an attribute that is a whole number.
pub(super) fn insert_number(ad: &mut ClassAd, name: &str, value: i64) {
    ad.insert(Name::new(name), Expression::Literal(Literal::Integer(value)));
}
