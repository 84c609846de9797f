//! The tasks announced in one turn of the driver, to be started once that is recorded.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::action::Action;
use super::stop::StopRequest;
use super::task_result::{TaskFuture, TaskResult};

/// A task, with the actions that it carries out.
pub(super) type ScheduledTask = (Vec<Action>, TaskFuture);

/// The tasks of one turn, their knowledge of other tasks, and their channels to the driver.
pub(super) struct ScheduledTasks {
    tasks: Vec<ScheduledTask>,
    /// How many more tasks may count towards the limit of concurrent actions.
    room: usize,
    quiet_since: Instant,
    told: mpsc::UnboundedSender<TaskResult>,
    stopping: watch::Receiver<StopRequest>,
}

impl ScheduledTasks {
    /// Creates an empty list with room for `room` counted tasks. `quiet_since` is the end of the last launch call;
    /// `told` takes the tasks' progress reports, `stopping` gives stop requests.
    pub(super) fn new(
        room: usize,
        quiet_since: Instant,
        told: mpsc::UnboundedSender<TaskResult>,
        stopping: watch::Receiver<StopRequest>,
    ) -> Self {
        Self { tasks: Vec::new(), room, quiet_since, told, stopping }
    }

    /// Whether there is room for one more task. Polls do not count: an instance that never comes up would keep all
    /// others waiting.
    pub(super) fn has_room(&self) -> bool {
        self.room > 0
    }

    /// Adds a task that carries out these actions.
    pub(super) fn push(&mut self, actions: Vec<Action>, work: impl Future<Output = TaskResult> + Send + 'static) {
        self.room = self.room.saturating_sub(usize::from(actions.iter().any(Action::is_counted)));
        self.tasks.push((actions, Box::pin(work)));
    }

    /// Returns the sender for progress reports of tasks.
    pub(super) fn told(&self) -> mpsc::UnboundedSender<TaskResult> {
        self.told.clone()
    }

    /// Returns the receiver of stop requests.
    pub(super) fn stopping(&self) -> watch::Receiver<StopRequest> {
        self.stopping.clone()
    }

    /// Returns since when no launch call of this run has been under way.
    pub(super) fn quiet_since(&self) -> Instant {
        self.quiet_since
    }

    /// Returns for how long no launch call of this run has been under way.
    pub(super) fn quiet_for(&self) -> Duration {
        self.quiet_since.elapsed()
    }

    /// Returns all actions of the tasks.
    pub(super) fn actions(&self) -> impl Iterator<Item = &Action> {
        self.tasks.iter().flat_map(|(actions, _)| actions)
    }

    /// Returns the tasks, in order.
    pub(super) fn into_tasks(self) -> Vec<ScheduledTask> {
        self.tasks
    }
}
