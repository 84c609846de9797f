//! What is announced in one turn of the driver, to be started once that is recorded.

use super::action::Action;
use super::task_result::TaskFuture;

/// Work that was announced, with the actions that it carries out.
#[derive(Default)]
pub(super) struct ScheduledTasks {
    pub(super) work: Vec<(Vec<Action>, TaskFuture)>,
    /// How much of it counts towards the limit.
    counted: usize,
}

impl ScheduledTasks {
    /// How much of it counts towards the most actions at once.
    pub(super) fn counted(&self) -> usize {
        self.counted
    }

    /// Takes in one more.
    pub(super) fn push(&mut self, (actions, work): (Vec<Action>, TaskFuture)) {
        self.counted += usize::from(actions.iter().any(Action::is_counted));
        self.work.push((actions, work));
    }
}
