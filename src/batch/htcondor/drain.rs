//! Drains the machines of an annex.
//!
//! This ends a machine's startd with `condor_off` instead of draining its slots with `condor_drain`: only `-peaceful`
//! waits for jobs of any length (draining evicts them after `MAXJOBRETIREMENTTIME`, which is 0 by default), and a
//! startd that has ended accepts no job between the end of the last one and the end of the machine.

use std::collections::BTreeSet;
use std::time::Duration;

use super::command::CondorCommand;
use super::error::HTCondorError;
use crate::batch::htcondor::pool::{HTCondor, is_instance};
use crate::retry::{Limit, Pauses, Poller};

const RIGHT: &str =
    "the collector must take this user for an administrator: ALLOW_ADMINISTRATOR there, and a token of theirs here";

/// Words in the output of `condor_off` that show that a machine refused the command.
const REFUSALS: [&str; 5] = ["DENIED", "AUTHENTICATE:", "SECMAN:", "Can't send", "ERROR"];

/// The time for which a master is waited for that has not reported: its first report comes seconds after its slots'.
const FIRST_REPORT: Duration = Duration::from_secs(20);

/// The number of consecutive failed queries after which waiting ends: a restarting collector is away for a minute.
const FAILED_LOOKS: u32 = 12;

/// The treatment of the jobs of a draining machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draining {
    /// They end by themselves, however long they take.
    Peaceful,
    /// They have the time that the pool grants (`MAXJOBRETIREMENTTIME`, `MachineMaxVacateTime`), and then restart
    /// elsewhere.
    Graceful,
    /// They restart elsewhere at once.
    Fast,
}

impl Draining {
    fn option(self) -> &'static str {
        match self {
            Self::Peaceful => "-peaceful",
            Self::Graceful => "-graceful",
            Self::Fast => "-fast",
        }
    }
}

/// A machine's answer to a drain command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrainReply {
    /// It takes no more jobs, and leaves the pool once it has none.
    Told,
    /// The pool does not know it: it runs no jobs.
    NotInPool,
}

/// The time limit and interval of a wait.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The time limit; `None` for no limit.
    pub limit: Option<Duration>,
    /// The pause between two queries.
    pub pause: Duration,
}

impl HTCondor {
    /// Tells the machine with this instance id to take no more jobs and to leave the pool when its last job has ended.
    /// Safe to repeat.
    ///
    /// # Errors
    /// `condor_off` is missing, reaches no collector, or lacks permission; the machine's master has not reported.
    pub async fn drain(&self, instance: &str, how: Draining) -> Result<DrainReply, HTCondorError> {
        let mut poller = Poller::new(Pauses::fixed(Duration::from_secs(1)), Limit::Time(FIRST_REPORT));
        loop {
            match self.try_drain(instance, how).await {
                Err(HTCondorError::MasterUnreported(_)) if poller.pause().await => {}
                done => return done,
            }
        }
    }

    async fn try_drain(&self, instance: &str, how: Draining) -> Result<DrainReply, HTCondorError> {
        let mut arguments = self.pool_arguments();
        arguments.extend([how.option(), "-startd", "-constraint", &is_instance(instance)?].map(str::to_owned));
        let mut call = CondorCommand::new("condor_off", format!("drain {instance}"), arguments);
        (call.right, call.variables) = (RIGHT, self.variables());
        let ended = call.end(self.search_path()).await?;
        // It exits with 0 and reports success even if the machine refused: only standard error tells.
        let is_refused = REFUSALS.iter().any(|word| ended.complaint.contains(word));
        if ended.status.success() && ended.output.contains("Sent \"Kill-Daemon") && !is_refused {
            return Ok(DrainReply::Told);
        }
        let is_unknown =
            ended.complaint.contains("no ClassAds when querying") || ended.output.contains("no ClassAds when querying");
        // A startd that has ended has no address to which a command could be sent.
        if (is_unknown || !is_refused) && self.slots_of(instance).await?.is_empty() {
            return Ok(DrainReply::NotInPool);
        }
        // A master's first report may be lost, and the next one comes minutes later: its slots run jobs meanwhile.
        match is_unknown {
            true => Err(HTCondorError::MasterUnreported(instance.to_owned())),
            false => Err(call.failure(&ended)),
        }
    }

    /// Waits until the machines have no slots in the pool, and calls `left` for each machine when that is so. Returns
    /// the machines that still have slots when the time limit passes.
    ///
    /// # Errors
    /// The last error, after a dozen consecutive failed queries.
    pub async fn wait_until_left(
        &self,
        instances: &[String],
        patience: Patience,
        mut left: impl FnMut(&str),
    ) -> Result<Vec<String>, HTCondorError> {
        let limit = patience.limit.map_or(Limit::Never, Limit::Time);
        let mut poller = Poller::new(Pauses::fixed(patience.pause), limit);
        let mut waiting: BTreeSet<&str> = instances.iter().map(String::as_str).collect();
        let mut failed = 0;
        loop {
            match self.present(&waiting).await {
                Ok(present) => {
                    failed = 0;
                    waiting.retain(|instance| {
                        let is_there = present.contains(*instance);
                        if !is_there {
                            left(instance);
                        }
                        is_there
                    });
                }
                Err(HTCondorError::Unreachable { .. } | HTCondorError::TooSlow { .. }) if failed < FAILED_LOOKS => {
                    failed += 1
                }
                Err(error) => return Err(error),
            }
            if waiting.is_empty() || !poller.pause().await {
                return Ok(waiting.into_iter().map(str::to_owned).collect());
            }
        }
    }

    /// Returns those of these machines that have slots.
    async fn present(&self, instances: &BTreeSet<&str>) -> Result<BTreeSet<String>, HTCondorError> {
        let doing = format!("look whether machines have left the pool of {}", self.name());
        let mut present = BTreeSet::new();
        let all: Vec<&str> = instances.iter().copied().collect();
        for some in all.chunks(MOST_IN_A_QUESTION) {
            let constraint =
                some.iter().map(|instance| is_instance(instance)).collect::<Result<Vec<_>, _>>()?.join(" || ");
            let ads = self.query(doing.clone(), &[], &constraint, &["HoistInstance", "EC2InstanceID"]).await?;
            let ids = ads.iter().filter_map(|ad| ad.text("HoistInstance").or_else(|| ad.text("EC2InstanceID")));
            present.extend(ids.map(str::to_owned));
        }
        Ok(present)
    }
}

/// The most machines in one query: an argument may have at most 128 KiB (Linux, `MAX_ARG_STRLEN`).
const MOST_IN_A_QUESTION: usize = 500;
