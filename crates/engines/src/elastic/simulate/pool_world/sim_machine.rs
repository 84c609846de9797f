use super::resources::Resources;
use crate::elastic::engine::{MachineId, Seconds};

/// What the time of a machine counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Launched, not in the pool.
    Starting,
    /// In the pool without a job.
    Idle,
    /// In the pool with a job.
    Busy,
    /// In the pool, taking no more jobs.
    Draining,
    /// Ended.
    Ended,
}

/// Number of stages in which time counts.
pub(super) const STAGES: usize = 4;

impl Stage {
    /// Returns the place of its time; none once ended.
    pub(super) fn index(self) -> Option<usize> {
        match self {
            Stage::Starting => Some(0),
            Stage::Idle => Some(1),
            Stage::Busy => Some(2),
            Stage::Draining => Some(3),
            Stage::Ended => None,
        }
    }
}

/// A job on a machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Index of the job.
    pub(super) job: usize,
    /// Time at which it started.
    pub(super) started: Seconds,
    /// Time at which its claim was made.
    pub(super) claimed: Seconds,
}

/// A machine of the simulated cloud and pool.
#[derive(Clone, Debug)]
pub(super) struct SimMachine {
    pub(super) id: MachineId,
    /// Index of its kind.
    pub(super) kind: usize,
    pub(super) joined_at: Option<Seconds>,
    pub(super) stage: Stage,
    /// Time since which it is in its stage.
    pub(super) since: Seconds,
    /// Time in each stage before that.
    pub(super) spent: [Seconds; STAGES],
    /// Resources that no job has.
    pub(super) left: Resources,
    pub(super) runs: Vec<Run>,
    /// Time since which it has no job.
    pub(super) idle_since: Seconds,
    /// Whether a job ever started on it.
    pub(super) served: bool,
    /// Whether it stands in the list of machines that changed since the pool was looked at.
    pub(super) changed: bool,
}

impl SimMachine {
    /// Makes a machine that was launched at `now`.
    pub(super) fn new(id: MachineId, kind: usize, whole: Resources, now: Seconds) -> SimMachine {
        SimMachine {
            id,
            kind,
            joined_at: None,
            stage: Stage::Starting,
            since: now,
            spent: [0; STAGES],
            left: whole,
            runs: Vec::new(),
            idle_since: now,
            served: false,
            changed: false,
        }
    }

    /// Brings it into a stage.
    pub(super) fn enter(&mut self, stage: Stage, now: Seconds) {
        if let Some(spent) = self.stage.index().and_then(|index| self.spent.get_mut(index)) {
            *spent += now - self.since;
        }
        self.stage = stage;
        self.since = now;
    }

    /// Tells whether it takes jobs.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Idle | Stage::Busy)
    }

    /// Tells whether it exists.
    pub(super) fn is_live(&self) -> bool {
        self.stage != Stage::Ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_in_the_stage_that_is_left() {
        let mut machine = SimMachine::new(MachineId::new("m1"), 0, Resources::default(), 10);
        machine.enter(Stage::Idle, 40);
        machine.enter(Stage::Busy, 45);
        machine.enter(Stage::Idle, 145);
        machine.enter(Stage::Ended, 150);
        machine.enter(Stage::Ended, 900);
        assert_eq!(machine.spent, [30, 10, 100, 0]);
    }
}
