use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::super::breaker::Breaker;
use super::super::coming::Coming;
use super::super::machine::{Host, MachineId};
use super::super::seconds::Seconds;
use super::timer::{Task, Timer};

/// The number of busy slots of a host, and since when it is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostClock {
    pub(super) host: MachineId,
    /// Whether it is a running machine of the cloud.
    pub(super) machine: bool,
    pub(super) busy: u32,
    pub(super) since: Seconds,
}

/// The memory of [`super::ElastiqEngine`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElastiqMemory {
    /// Timers that are not due, in the order in which they were set.
    pub(super) timers: Vec<Timer>,
    /// Tasks of the pass under way.
    pub(super) due: VecDeque<Task>,
    /// Task of the step under way.
    pub(super) step: Option<Task>,
    /// Repeating timer of the step under way. It is set after the timers of the machines that the step launches.
    pub(super) repeat: Option<Timer>,
    pub(super) coming: Coming,
    /// Time of the look that first saw too many waiting jobs.
    pub(super) waiting_since: Option<Seconds>,
    /// The hosts of the pool at the last look, in its order.
    pub(super) hosts: Vec<HostClock>,
    /// Whether machines on their way were looked for since the start.
    pub(super) adopted: bool,
    pub(super) breaker: Breaker,
    /// Multiple of the deploy time that machines get; 0 stands for 1.
    pub(super) patience: i64,
    /// Time at which the multiple last grew.
    pub(super) patience_grew: Option<Seconds>,
}

impl ElastiqMemory {
    /// Returns the timers that are set, and the one that repeats when the step under way ends.
    pub(super) fn clocks(&self) -> impl Iterator<Item = &Timer> {
        self.timers.iter().chain(&self.repeat)
    }

    /// Takes a machine out of the coming ones with its timer, and returns its launch time if it was there.
    pub(super) fn uncount(&mut self, machine: &MachineId) -> Option<Seconds> {
        let launched = self.coming.remove(machine)?;
        let counted = |task: &Task| !matches!(task, Task::Uncount { machine: other } if other == machine);
        self.timers.retain(|timer| counted(&timer.task));
        self.due.retain(counted);
        Some(launched)
    }

    /// Takes off the deadlines of machines that are in the pool: they have joined, whatever becomes of them.
    pub(super) fn drop_deadlines(&mut self, pool: &[Host]) {
        if !self.timers.iter().any(|timer| matches!(timer.task, Task::Deadline { .. })) {
            return;
        }
        let joined: BTreeSet<&MachineId> = pool.iter().map(|host| &host.id).collect();
        let stays = |task: &Task| !matches!(task, Task::Deadline { machine, .. } if joined.contains(machine));
        self.timers.retain(|timer| stays(&timer.task));
        self.due.retain(stays);
    }

    /// Tells whether a machine was in the pool at the last look.
    pub(super) fn has_joined(&self, machine: &MachineId) -> bool {
        self.hosts.iter().any(|clock| clock.host == *machine)
    }

    /// Lets hosts whose end failed be idle for longer than `idle_for` at the next look.
    pub(super) fn still_idle(&mut self, hosts: &[MachineId], idle_for: Seconds) {
        for clock in self.hosts.iter_mut().filter(|clock| hosts.contains(&clock.host)) {
            clock.since = clock.since.saturating_sub(idle_for);
        }
    }

    /// Sets a timer.
    pub(super) fn set(&mut self, due: Seconds, task: Task) {
        self.timers.push(Timer { due, task });
    }

    /// Starts a pass at `now`: takes off every timer that is due, in order.
    pub(super) fn begin(&mut self, now: Seconds) {
        self.flush();
        let due = self.timers.extract_if(.., |timer| timer.due <= now);
        self.due.extend(due.map(|timer| timer.task));
    }

    /// Sets the repeating timer of the last step.
    pub(super) fn flush(&mut self) {
        if let Some(timer) = self.repeat.take() {
            self.timers.push(timer);
        }
    }
}
