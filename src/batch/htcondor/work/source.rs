use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use super::ask_collector::ask_collector;
use super::cancel::cancel_drains;
use super::collector_answer::CollectorAnswer;
use super::drain::drain_machines;
use super::forget::forget_machines;
use super::intervals::{Intervals, REPORT_TIME, intervals};
use super::job_groups::demand;
use super::machines::{Judgement, machines};
use super::match_attributes::{Names, read_by_jobs, read_by_slot};
use super::queue_answer::JobDates;
use super::queue_watch::QueueWatch;
use super::queues::{QueuesAnswer, ask_queues};
use super::token::worker_token;
use crate::batch::htcondor::pool::HTCondor;
use crate::batch::work_source::{DrainAnswer, DrainOrder, SourceError, WorkReading, WorkSource};
use crate::elastic::engine::{Demand, JobGroup, MachineId, Reading, Seconds, Wants};

/// Number of report periods after which a machine that does not report has lost contact.
const SILENT_AFTER: Seconds = 3;

/// An HTCondor pool as a source of work: all queues that its collector knows, and all machines.
#[derive(Debug)]
pub struct HTCondorSource {
    pool: HTCondor,
    /// The pool as it is asked.
    settled: OnceCell<HTCondor>,
    mark: Option<Arc<str>>,
    intervals: OnceCell<Intervals>,
    memory: Mutex<SourceMemory>,
}

/// What is kept from reading to reading.
#[derive(Debug, Default)]
struct SourceMemory {
    queues: QueueWatch,
    /// The times at which jobs of each queue were submitted.
    dates: BTreeMap<String, JobDates>,
    /// The attributes of slots that the jobs of the last answer read.
    read_by_jobs: Names,
    /// The attributes of jobs that the slots of the last answer read.
    read_by_slots: Names,
}

impl HTCondorSource {
    /// Returns the source of a pool.
    pub fn new(pool: HTCondor) -> Self {
        Self { pool, settled: OnceCell::new(), mark: None, intervals: OnceCell::new(), memory: Mutex::default() }
    }

    /// Sets the mark of the scaler's own drains: `DrainReason` is the mark, or begins with it and a space. Without one
    /// every drain is a person's.
    #[must_use]
    pub fn with_mark(self, mark: impl Into<Arc<str>>) -> Self {
        Self { mark: Some(mark.into()), ..self }
    }

    fn memory(&self) -> MutexGuard<'_, SourceMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pool(&self) -> HTCondor {
        let settle = || async { self.pool.settle().await.ok_or(()) };
        self.settled.get_or_try_init(settle).await.unwrap_or(&self.pool).clone()
    }

    async fn intervals(&self) -> Intervals {
        *self.intervals.get_or_init(|| intervals(&self.pool)).await
    }

    /// Reads the waiting jobs of all queues.
    async fn jobs(&self, answer: &CollectorAnswer, now: Seconds) -> Result<(Vec<JobGroup>, Vec<String>), NoAnswer> {
        let intervals = self.intervals().await;
        let (read_by_slots, known) = {
            let mut memory = self.memory();
            let judged = memory.queues.judge(answer, intervals, now);
            judged.map_err(|why| NoAnswer {
                reason: format!("cannot count the waiting jobs in the pool of {}: {why}", self.pool.name()),
                over_at: why.over_at(now),
            })?;
            (memory.read_by_slots.clone(), memory.dates.clone())
        };
        let asked = ask_queues(&self.pool().await, answer, &read_by_slots, known, (intervals, now)).await;
        let QueuesAnswer { groups, remarks, dates } = asked.map_err(NoAnswer::of)?;
        let mut read = Names::new();
        groups.iter().for_each(|group| read_by_jobs(&group.ad, &mut read));
        let mut memory = self.memory();
        (memory.read_by_jobs, memory.dates) = (read, dates);
        Ok((groups, remarks))
    }

    /// Puts the machines into a reading, or the reason why they cannot be told.
    async fn put_machines(
        &self,
        answer: CollectorAnswer,
        mut read: Names,
        wants: Wants,
        now: Seconds,
        reading: &mut WorkReading,
    ) {
        let intervals = self.intervals().await;
        let period = intervals.of_machines;
        let enough = period.saturating_mul(2).saturating_add(REPORT_TIME);
        let name = self.pool.name();
        let Some(started) = answer.started_at else {
            let reason = format!(
                "the collector of {name} does not tell since when it is up, as in its first second; it knows all \
                 machines after {enough} s"
            );
            return fail_machines(&NoAnswer { reason, over_at: Some(now.saturating_add(enough)) }, wants, reading);
        };
        let up = now.saturating_sub(started);
        if up < enough {
            let reason = format!(
                "the collector of {name} has been up for {up} s, and machines report to it every {period} s: it knows all \
                 of them after {enough} s"
            );
            return fail_machines(&NoAnswer { reason, over_at: Some(started.saturating_add(enough)) }, wants, reading);
        }
        if answer.nameless > 0 {
            reading.remarks.push(format!("{} slots tell neither name nor machine and are left out", answer.nameless));
        }
        read.extend(self.memory().read_by_jobs.iter().cloned());
        let silent_after = period.saturating_mul(SILENT_AFTER);
        let judgement = Judgement { mark: self.mark.as_deref(), silent_after, now };
        let (pool, hosts) = machines(answer.slots, &read, &judgement, &mut reading.remarks);
        if wants.slots {
            reading.slots = Reading::Fresh { value: pool };
        }
        if wants.pool {
            reading.pool = Reading::Fresh { value: hosts };
        }
    }
}

/// Why a part has no answer.
struct NoAnswer {
    reason: String,
    /// Time from which it has one by itself. None: that is not known.
    over_at: Option<Seconds>,
}

impl NoAnswer {
    fn of(error: impl ToString) -> Self {
        Self { reason: error.to_string(), over_at: None }
    }
}

fn fail_machines(NoAnswer { reason, over_at }: &NoAnswer, wants: Wants, reading: &mut WorkReading) {
    if wants.slots {
        reading.slots = Reading::Failed { reason: reason.clone() };
        reading.answers_from.extend(over_at.map(|over_at| ("slots", over_at)));
    }
    if wants.pool {
        reading.pool = Reading::Failed { reason: reason.clone() };
        reading.answers_from.extend(over_at.map(|over_at| ("pool", over_at)));
    }
}

fn put_jobs(jobs: Result<(Vec<JobGroup>, Vec<String>), NoAnswer>, wants: Wants, reading: &mut WorkReading) {
    let (of_demand, of_groups): (Reading<Demand>, Reading<Vec<JobGroup>>) = match jobs {
        Ok((groups, remarks)) => {
            reading.remarks.extend(remarks);
            (Reading::Fresh { value: demand(&groups) }, Reading::Fresh { value: groups })
        }
        Err(NoAnswer { reason, over_at }) => {
            let parts = [("demand", wants.demand), ("groups", wants.groups)];
            let wanted = parts.into_iter().filter_map(|(part, is_wanted)| is_wanted.then_some(part));
            reading
                .answers_from
                .extend(wanted.zip(std::iter::repeat(over_at)).filter_map(|(part, at)| Some((part, at?))));
            (Reading::Failed { reason: reason.clone() }, Reading::Failed { reason })
        }
    };
    if wants.demand {
        reading.demand = of_demand;
    }
    if wants.groups {
        reading.groups = of_groups;
    }
}

#[async_trait]
impl WorkSource for HTCondorSource {
    fn label(&self) -> String {
        format!("the HTCondor pool of {}", self.pool.name())
    }

    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading {
        let mut reading = WorkReading::default();
        let (jobs, slots) = (wants.demand || wants.groups, wants.pool || wants.slots);
        if !jobs && !slots {
            return reading;
        }
        match ask_collector(&self.pool().await, slots).await {
            Ok(answer) => {
                let (mut own, mut of_jobs) = (Names::new(), Names::new());
                answer.slots.iter().for_each(|slot| read_by_slot(&slot.ad, &mut own, &mut of_jobs));
                if slots {
                    self.memory().read_by_slots = of_jobs;
                }
                if jobs {
                    reading.held = answer.held;
                    put_jobs(self.jobs(&answer, now).await, wants, &mut reading);
                }
                if slots {
                    self.put_machines(answer, own, wants, now, &mut reading).await;
                }
            }
            Err(error) => {
                put_jobs(Err(NoAnswer::of(&error)), wants, &mut reading);
                fail_machines(&NoAnswer::of(&error), wants, &mut reading);
            }
        }
        reading
    }

    fn has_pool(&self) -> bool {
        true
    }

    async fn drain(&self, order: &DrainOrder) -> Vec<(MachineId, DrainAnswer)> {
        drain_machines(&self.pool().await, order).await
    }

    async fn cancel_drain(&self, machines: &[MachineId], mark: &str) -> Vec<(MachineId, Result<(), SourceError>)> {
        cancel_drains(&self.pool().await, machines, mark).await
    }

    async fn forget(&self, machines: &[MachineId]) -> Result<(), SourceError> {
        forget_machines(&self.pool().await, machines).await.map_err(SourceError::from)
    }

    async fn worker_token(&self, lifetime: Duration) -> Result<Option<SecretString>, SourceError> {
        worker_token(&self.pool().await, lifetime).await.map(Some).map_err(SourceError::from)
    }
}
