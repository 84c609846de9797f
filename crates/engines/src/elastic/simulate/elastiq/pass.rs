use super::daemon::{Daemon, next_pass};
use super::reading::{Answer, ask};
use super::state::State;
use crate::elastic::engine::{Engine, Memory, Seconds, Wants};

/// Steps of one pass after which the daemon goes to sleep in any case: a bound against engines that never finish.
const MOST_STEPS: u32 = 1_000_000;

/// Runs a pass of the daemon at `now`, or goes on with one that waited for a source. Returns what the daemon does next.
pub(super) fn pass(
    state: &mut State<'_>,
    engine: &dyn Engine,
    sleep: Seconds,
    now: Seconds,
    asking: Option<(Seconds, u32)>,
    mut memory: Memory,
) -> Daemon {
    let mut asking = asking;
    for _ in 0..MOST_STEPS {
        let (began, tries) = asking.take().unwrap_or((now, 0));
        let wants = engine.wants(&memory, began);
        if let Answer::Again(wait) = ask(wants, &state.outages, now, tries) {
            return Daemon::Asking { until: now.saturating_add(wait), began, tries: tries + 1, memory };
        }
        memory = step(state, engine, wants, now, began, memory);
        if !engine.unfinished(&memory) {
            break;
        }
    }
    Daemon::Asleep { until: next_pass(now, sleep, engine.next_due(&memory)), memory }
}

fn step(
    state: &mut State<'_>,
    engine: &dyn Engine,
    wants: Wants,
    now: Seconds,
    began: Seconds,
    memory: Memory,
) -> Memory {
    let pass = engine.decide(&state.observe(wants, now, began), memory);
    let outcome = state.carry_out(&pass.decisions, now);
    state.note(&pass.notes, &pass.decisions, &outcome);
    engine.settle(&outcome, pass.memory)
}
