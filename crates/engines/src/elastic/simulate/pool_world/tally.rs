use super::series::{COUNTS, PARTS, SeriesRecorder};
use super::sim_machine::{STAGES, SimMachine, Stage};
use crate::elastic::engine::Seconds;

/// The place of the waiting jobs among the counts of the series.
const WAITING: usize = STAGES;
/// The place of the demand.
const DEMAND: usize = STAGES + 1;

/// The reason why a job lost its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The scaler ended it.
    Ended,
    /// Its lease ended.
    Lease,
}

/// The totals of a simulation under way.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: [i64; COUNTS],
    recorder: SeriesRecorder,
    /// Waiting times of the jobs that ended, in seconds.
    pub(super) waits: Vec<u32>,
    /// Sum of the bounded slowdowns of the jobs that ended.
    pub(super) slowdown: f64,
    /// Number of jobs on machines.
    pub(super) running: u64,
    pub(super) last_done: Option<Seconds>,
    /// Time of the last arrival or end of a job.
    pub(super) progress: Seconds,
    /// Processor seconds of runs that were completed.
    pub(super) useful: u64,
    /// Processor seconds of runs that lost their machine.
    pub(super) lost: u64,
    pub(super) interrupted: u64,
    pub(super) interrupted_by_lease: u64,
}

impl Tally {
    /// Lets time pass to `now`.
    pub(super) fn advance(&mut self, now: Seconds) {
        self.recorder.advance(now, self.counts);
    }

    /// Counts a machine that was launched.
    pub(super) fn launched(&mut self) {
        self.counts[0] += PARTS;
    }

    /// Brings a machine into a stage.
    pub(super) fn enter(&mut self, machine: &mut SimMachine, stage: Stage, now: Seconds) {
        if let Some(count) = machine.stage.index().and_then(|index| self.counts.get_mut(index)) {
            *count -= PARTS;
        }
        machine.enter(stage, now);
        if let Some(count) = stage.index().and_then(|index| self.counts.get_mut(index)) {
            *count += PARTS;
        }
    }

    /// Counts a job that arrives and would fill a part of a machine, in millionths.
    pub(super) fn arrived(&mut self, part: i64, now: Seconds) {
        self.counts[WAITING] += PARTS;
        self.counts[DEMAND] += part;
        self.progress = now;
    }

    /// Counts a job that starts.
    pub(super) fn started(&mut self) {
        self.counts[WAITING] -= PARTS;
        self.running += 1;
    }

    /// Counts a job that ends after a run of `run` seconds, `waited` seconds after its arrival apart from the run.
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    pub(super) fn done(&mut self, waited: Seconds, run: u32, cpus: u32, part: i64, now: Seconds) {
        self.running -= 1;
        self.counts[DEMAND] -= part;
        self.waits.push(u32::try_from(waited).unwrap_or(u32::MAX));
        let response = waited as f64 + f64::from(run);
        self.slowdown += (response / f64::from(run.max(10))).max(1.0);
        self.useful = self.useful.saturating_add(u64::from(run).saturating_mul(u64::from(cpus)));
        self.last_done = Some(now);
        self.progress = now;
    }

    /// Counts a job that loses its machine after `ran` seconds.
    pub(super) fn interrupted(&mut self, ran: Seconds, cpus: u32, loss: Loss) {
        self.running -= 1;
        self.counts[WAITING] += PARTS;
        let ran = u64::try_from(ran).unwrap_or(0);
        self.lost = self.lost.saturating_add(ran.saturating_mul(u64::from(cpus)));
        match loss {
            Loss::Ended => self.interrupted += 1,
            Loss::Lease => self.interrupted_by_lease += 1,
        }
    }

    /// Returns the number of live machines.
    pub(super) fn live(&self) -> i64 {
        self.counts[..STAGES].iter().sum::<i64>() / PARTS
    }

    /// Takes the record of the series out.
    pub(super) fn take_recorder(&mut self) -> SeriesRecorder {
        std::mem::take(&mut self.recorder)
    }
}
