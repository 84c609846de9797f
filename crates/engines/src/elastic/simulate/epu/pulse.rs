use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::super::changes::Changes;
use super::belief::Belief;
use super::calls::Calls;
use super::controller::Controller;
use super::iaas_state::IaasState;
use crate::elastic::engine::{Decision, Demand, Health, HealthRule, Machine, Observation, Reading, Reason, Seconds};

/// What the engine was shown at a pulse.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpuSighting {
    machines: BTreeMap<String, String>,
    queue: Option<u64>,
}

/// Records of the pulses.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) recorded: bool,
    pub(super) sightings: Changes<EpuSighting>,
    pub(super) states: Changes<&'static str>,
}

/// Prepares a pulse: judges health, and returns the machines that the engine is shown.
pub(super) fn prepare(controller: &mut Controller, health: Option<&HealthRule>, now: Seconds) -> Vec<Machine> {
    controller.review(health, now);
    controller.beliefs().map(Belief::machine).collect()
}

/// Pulses: the engine decides on a snapshot, and its decisions are sent.
pub(super) fn pulse(
    calls: &mut Calls<'_, '_>,
    machines: &[Machine],
    health: Option<&HealthRule>,
    record: &mut Record,
    now: Seconds,
) {
    let controller = &mut calls.controller;
    let (Some(brain), Some(memory)) = (controller.brain.clone(), controller.memory.take()) else { return };
    if record.recorded {
        let seen = controller.beliefs().filter(|belief| belief.state < IaasState::Terminated);
        let machines = seen.map(|belief| (belief.id.to_string(), belief.words())).collect();
        record.sightings.record(now, EpuSighting { machines, queue: controller.queue.map(|(_, length)| length) });
    }
    let demand = match controller.queue {
        None => Reading::Failed { reason: "no reading yet".into() },
        Some((at, waiting)) if at == now => Reading::Fresh { value: Demand { waiting, unservable: 0 } },
        Some((at, waiting)) => Reading::Stale { value: Demand { waiting, unservable: 0 }, age: now.saturating_sub(at) },
    };
    let observation =
        Observation { demand, machines: Reading::Fresh { value: Cow::Borrowed(machines) }, ..Observation::unread(now) };
    let pass = brain.engine().decide(&observation, memory);
    if record.recorded {
        let state = engine_state(calls.controller, health, &pass.decisions);
        record.states.record(now, state);
    }
    let outcome = calls.carry_out(&pass.decisions, now);
    calls.controller.memory = Some(brain.engine().settle(&outcome, pass.memory));
}

/// Returns the state of the decision engine: stable when it decided nothing and nothing is on its way.
fn engine_state(controller: &Controller, health: Option<&HealthRule>, decisions: &[Decision]) -> &'static str {
    let starting = controller.beliefs().any(|belief| belief.state < IaasState::Running);
    let by_queue = |decision: &Decision| match decision {
        Decision::Launch(launch) => matches!(launch.reason, Reason::HighWater { .. }),
        Decision::Terminate(termination) => matches!(termination.reason, Reason::LowWater { .. }),
        Decision::Drain(_) | Decision::CancelDrain(_) => false,
    };
    let unheard = health.is_some()
        && controller.beliefs().any(|belief| belief.state == IaasState::Running && belief.health == Health::Unknown);
    let stable = match controller.engine.as_str() {
        "queuelen" => !starting && !decisions.iter().any(by_queue),
        _ => !starting && !unheard && decisions.is_empty(),
    };
    if stable { "STABLE_DE" } else { "PENDING_DE" }
}
