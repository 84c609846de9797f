use crate::elastic::engine::{Memory, Seconds};

/// The state of the daemon.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Daemon {
    /// Stopped until a time, with the memory that it left.
    Down { until: Seconds, memory: Option<Memory> },
    /// Asleep until its next pass.
    Asleep { until: Seconds, memory: Memory },
    /// In a pass, waiting to ask a source again.
    Asking { until: Seconds, began: Seconds, tries: u32, memory: Memory },
}

impl Daemon {
    /// Returns the time at which it acts next.
    pub(super) fn wakes(&self) -> Seconds {
        match self {
            Daemon::Down { until, .. } | Daemon::Asleep { until, .. } | Daemon::Asking { until, .. } => *until,
        }
    }

    /// Returns its memory.
    pub(super) fn into_memory(self) -> Option<Memory> {
        match self {
            Daemon::Down { memory, .. } => memory,
            Daemon::Asleep { memory, .. } | Daemon::Asking { memory, .. } => Some(memory),
        }
    }
}

/// Returns the time of the first pass that has something to do: `due`, or the pass after it. Passes come every `sleep`
/// seconds from `now` on.
pub(super) fn next_pass(now: Seconds, sleep: Seconds, due: Seconds) -> Seconds {
    let passes = due.saturating_sub(now).saturating_add(sleep - 1) / sleep;
    now.saturating_add(passes.max(1).saturating_mul(sleep))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_at_or_after_the_due_time_on_the_grid_of_the_last_one() {
        assert_eq!(next_pass(100, 5, 0), 105);
        assert_eq!(next_pass(100, 5, 105), 105);
        assert_eq!(next_pass(100, 5, 106), 110);
        assert_eq!(next_pass(407, 5, 420), 422);
    }

    #[test]
    fn due_time_before_the_epoch_means_the_next_pass() {
        assert_eq!(next_pass(100, 5, Seconds::MIN), 105);
    }
}
