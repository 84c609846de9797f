//! What is announced in one turn of the driver, to be started once that is recorded.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::action::Action;
use super::stop::StopRequest;
use super::task_result::{TaskFuture, TaskResult};

/// Work, with the actions that it carries out.
pub(super) type ScheduledTask = (Vec<Action>, TaskFuture);

/// The work of one turn, what it may know of other work, and how it tells of itself.
pub(super) struct ScheduledTasks {
    tasks: Vec<ScheduledTask>,
    /// How much more of it may count towards the most actions at once.
    room: usize,
    quiet_since: Instant,
    told: mpsc::UnboundedSender<TaskResult>,
    stopping: watch::Receiver<StopRequest>,
}

impl ScheduledTasks {
    /// None yet, and room for `room` that count. `quiet_since`: the end of the last launch call; `told` takes what work
    /// tells on its way, `stopping` gives how it is interrupted.
    pub(super) fn new(
        room: usize,
        quiet_since: Instant,
        told: mpsc::UnboundedSender<TaskResult>,
        stopping: watch::Receiver<StopRequest>,
    ) -> Self {
        Self { tasks: Vec::new(), room, quiet_since, told, stopping }
    }

    /// Whether one more may be under way. Looks do not count: a machine that never comes up would keep all others
    /// waiting.
    pub(super) fn has_room(&self) -> bool {
        self.room > 0
    }

    /// Takes in one more, which carries out these actions.
    pub(super) fn push(&mut self, actions: Vec<Action>, work: impl Future<Output = TaskResult> + Send + 'static) {
        self.room = self.room.saturating_sub(usize::from(actions.iter().any(Action::is_counted)));
        self.tasks.push((actions, Box::pin(work)));
    }

    /// What takes in what work tells on its way.
    pub(super) fn told(&self) -> mpsc::UnboundedSender<TaskResult> {
        self.told.clone()
    }

    /// What tells work that somebody wants a stop.
    pub(super) fn stopping(&self) -> watch::Receiver<StopRequest> {
        self.stopping.clone()
    }

    /// Since when nobody has been making a launch call of this run.
    pub(super) fn quiet_since(&self) -> Instant {
        self.quiet_since
    }

    /// For how long nobody has been making a launch call of this run.
    pub(super) fn quiet_for(&self) -> Duration {
        self.quiet_since.elapsed()
    }

    /// Every action of it.
    pub(super) fn actions(&self) -> impl Iterator<Item = &Action> {
        self.tasks.iter().flat_map(|(actions, _)| actions)
    }

    /// The work, in order.
    pub(super) fn into_tasks(self) -> Vec<ScheduledTask> {
        self.tasks
    }
}
