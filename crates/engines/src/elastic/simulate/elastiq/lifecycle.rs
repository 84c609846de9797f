use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::input::Boot;
use crate::elastic::engine::Seconds;

/// A change in the life of a machine, in the order in which changes of one second happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Die,
    Error,
    Run,
    Join,
    End,
    Leave,
    Vanish,
}

/// The changes to come, of all machines.
#[derive(Debug, Default)]
pub(super) struct Lifecycle(BinaryHeap<Reverse<(Seconds, usize, Change)>>);

impl Lifecycle {
    /// Plans the life of a machine launched at `now`.
    pub(super) fn plan(&mut self, machine: usize, now: Seconds, boot: &Boot) {
        let running = now.saturating_add(boot.pending);
        self.at(running, machine, Change::Run);
        if let Some(join) = boot.join {
            self.at(running.saturating_add(join), machine, Change::Join);
        }
        if let Some(after) = boot.error_after {
            self.at(now.saturating_add(after), machine, Change::Error);
        }
        if let Some(after) = boot.die_after {
            self.at(now.saturating_add(after), machine, Change::Die);
        }
    }

    /// Plans one change.
    pub(super) fn at(&mut self, at: Seconds, machine: usize, change: Change) {
        self.0.push(Reverse((at, machine, change)));
    }

    /// Returns the time of the next change.
    pub(super) fn next(&self) -> Option<Seconds> {
        self.0.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the changes that are due at `now`, machines in launch order.
    pub(super) fn due(&mut self, now: Seconds) -> Vec<(usize, Change)> {
        let mut due = Vec::new();
        while self.next().is_some_and(|at| at <= now) {
            if let Some(Reverse((_, machine, change))) = self.0.pop() {
                due.push((machine, change));
            }
        }
        due.sort_unstable();
        due
    }
}
