use super::calls::Calls;
use super::pool::Pool;
use super::pool_view::PoolView;
use super::tally::Loss;
use crate::elastic::engine::{Decision, Engine, Launch, Launched, MachineId, Memory, Outcome, Refusal, Seconds, Wants};

/// Steps of one pass after which it ends in any case: a bound against engines that never finish.
const MOST_STEPS: u32 = 100_000;

/// Time in seconds within which a change of direction is a reversal.
const REVERSAL: Seconds = 600;

/// Machines that one decision can launch at most: a bound against an engine that has lost count.
const MOST_LAUNCHES: u32 = 100_000;

/// Runs an engine on a pool.
pub(super) struct Driver<'a> {
    engine: &'a dyn Engine,
    /// None while a pass has it.
    memory: Option<Memory>,
    view: PoolView,
    /// Time of the next pass.
    pub(super) next: Seconds,
    pub(super) calls: Calls,
    /// Whether the last change was growth, and its time.
    last_change: Option<(bool, Seconds)>,
}

impl<'a> Driver<'a> {
    /// Makes a driver whose first pass is at 0.
    pub(super) fn new(engine: &'a dyn Engine, classes: usize) -> Driver<'a> {
        Driver {
            memory: Some(engine.start(0, &[])),
            engine,
            view: PoolView::new(classes),
            next: 0,
            calls: Calls::default(),
            last_change: None,
        }
    }

    /// Runs a pass.
    pub(super) fn pass(&mut self, pool: &mut Pool<'_>, now: Seconds) {
        let mut read = Wants::default();
        let mut memory = self.memory.take().unwrap_or_else(|| self.engine.start(now, &[]));
        for _ in 0..MOST_STEPS {
            let wants = self.engine.wants(&memory, now);
            self.calls.read(wants, &mut read);
            let pass = self.engine.decide(&self.view.observe(pool, wants, now), memory);
            let outcome = self.carry_out(pool, &pass.decisions, now);
            if !pass.decisions.is_empty() {
                // What was read before a change is read again after it.
                read = Wants::default();
            }
            memory = self.engine.settle(&outcome, pass.memory);
            if !self.engine.unfinished(&memory) {
                break;
            }
        }
        let due = self.engine.next_due(&memory);
        self.memory = Some(memory);
        let period = pool.settings.period.max(1);
        let passes = due.saturating_sub(now).saturating_add(period - 1) / period;
        self.next = now.saturating_add(passes.max(1).saturating_mul(period));
    }

    fn carry_out(&mut self, pool: &mut Pool<'_>, decisions: &[Decision], now: Seconds) -> Outcome {
        let mut outcome = Outcome::nothing(now);
        for (index, decision) in decisions.iter().enumerate() {
            match decision {
                Decision::Launch(launch) => self.launch(pool, index, launch, &mut outcome),
                Decision::Terminate(termination) => self.terminate(pool, &termination.machines, &mut outcome),
                Decision::Drain(drain) => {
                    self.calls.drain += 1;
                    let closes = |machine: &&MachineId| {
                        number_of(pool, machine).is_some_and(|number| pool.drain(number, drain.unclaimed_only, now))
                    };
                    let drained: Vec<_> = drain.machines.iter().filter(closes).cloned().collect();
                    self.changed(false, !drained.is_empty(), now);
                    outcome.drained.extend(drained);
                }
                Decision::CancelDrain(cancellation) => {
                    self.calls.drain += 1;
                    let opens =
                        |machine: &&MachineId| number_of(pool, machine).is_some_and(|number| pool.resume(number, now));
                    let resumed: Vec<_> = cancellation.machines.iter().filter(opens).cloned().collect();
                    self.changed(true, !resumed.is_empty(), now);
                    outcome.resumed.extend(resumed);
                }
            }
        }
        outcome
    }

    fn launch(&mut self, pool: &mut Pool<'_>, decision: usize, launch: &Launch, outcome: &mut Outcome) {
        let kinds = &pool.settings.kinds;
        let kind = match &launch.kind {
            None => (!kinds.is_empty()).then_some(0),
            Some(name) => kinds.iter().position(|kind| kind.name == *name),
        };
        let count = launch.count.min(MOST_LAUNCHES);
        let started: Vec<usize> = (0..count).map_while(|_| pool.launch(kind?, outcome.now)).collect();
        let refused = launch.count - u32::try_from(started.len()).unwrap_or(launch.count);
        if refused > 0 {
            outcome.refused = outcome.refused.saturating_add(refused);
            let reason = if kind.is_some() { "quota exceeded" } else { "no such kind of machine" };
            outcome.refusals.push(Refusal { decision, count: refused, reason: reason.into() });
        }
        self.calls.launch += 1;
        self.calls.refused += u64::from(refused);
        self.changed(true, !started.is_empty(), outcome.now);
        let launched = |number: &usize| Launched { decision, machine: pool.machines[*number].id.clone() };
        outcome.launched.extend(started.iter().map(launched));
    }

    fn terminate(&mut self, pool: &mut Pool<'_>, machines: &[MachineId], outcome: &mut Outcome) {
        let mut open = false;
        for machine in machines {
            let Some(number) = number_of(pool, machine) else {
                outcome.unterminated.push(machine.clone());
                continue;
            };
            open |= pool.machines[number].is_open();
            pool.end(number, Loss::Ended, outcome.now);
            outcome.terminated.push(machine.clone());
        }
        self.calls.terminate += 1;
        self.changed(false, open, outcome.now);
    }

    /// Takes note of growth or shrinkage, and counts it when it takes a recent change back.
    fn changed(&mut self, growth: bool, happened: bool, now: Seconds) {
        if !happened {
            return;
        }
        if self.last_change.is_some_and(|(grew, at)| grew != growth && now - at <= REVERSAL) {
            self.calls.reversals += 1;
        }
        self.last_change = Some((growth, now));
    }
}

/// Returns the number of a machine by its identity, `m` and the number counted from 1.
fn number_of(pool: &Pool<'_>, machine: &MachineId) -> Option<usize> {
    let ordinal: usize = machine.as_str().strip_prefix('m')?.parse().ok()?;
    ordinal.checked_sub(1).filter(|number| *number < pool.machines.len())
}
