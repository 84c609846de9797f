use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::elastic::engine::Seconds;

/// Something that happens by itself. Within a second, machines come first, in order of launch, then ends of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// A machine runs.
    Run(usize),
    /// A machine joins the pool.
    Join(usize),
    /// The lease of a machine ends.
    LeaseEnd(usize),
    /// The cloud stops showing a machine.
    Vanish(usize),
    /// A job ends, unless it lost its machine.
    JobEnd {
        /// Its machine.
        machine: usize,
        /// Its index.
        job: usize,
        /// Time at which it started.
        started: Seconds,
    },
}

/// What happens later.
#[derive(Debug, Default)]
pub(super) struct Agenda(BinaryHeap<Reverse<(Seconds, Happening)>>);

impl Agenda {
    /// Adds something.
    pub(super) fn add(&mut self, at: Seconds, happening: Happening) {
        self.0.push(Reverse((at, happening)));
    }

    /// Returns the time of the next one.
    pub(super) fn next(&self) -> Option<Seconds> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the next one out that is due.
    pub(super) fn due(&mut self, now: Seconds) -> Option<Happening> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, happening))| happening)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_come_before_ends_of_jobs() {
        let mut agenda = Agenda::default();
        let end = Happening::JobEnd { machine: 0, job: 5, started: 0 };
        agenda.add(9, end);
        agenda.add(9, Happening::Join(2));
        agenda.add(9, Happening::Join(1));
        agenda.add(10, Happening::Run(0));
        let due: Vec<_> = std::iter::from_fn(|| agenda.due(9)).collect();
        assert_eq!(due, [Happening::Join(1), Happening::Join(2), end]);
        assert_eq!(agenda.next(), Some(10));
    }
}
