use super::super::decision::{Decision, Termination};
use super::super::machine::MachineState;
use super::super::observation::Observation;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::config::ElastiqConfig;
use super::memory::ElastiqMemory;
use super::sync::follow_machines;
use super::timer::{Task, Timer};

/// Ends own machines that failed (elastiq's `check_vm_errors`). Replacements follow when their end is settled.
pub(super) fn check_errors(
    config: &ElastiqConfig,
    protection: &Protection,
    memory: &mut ElastiqMemory,
    observation: &Observation<'_>,
) -> Option<Decision> {
    memory.repeat = Some(Timer { due: observation.now.saturating_add(config.errors_every.max(1)), task: Task::Errors });
    let machines = observation.fresh_machines()?;
    follow_machines(protection, memory, machines, observation.now);
    let failed: Vec<_> = machines
        .iter()
        .filter(|machine| machine.own && machine.state == MachineState::Error)
        .map(|machine| machine.id.clone())
        .collect();
    if failed.is_empty() {
        return None;
    }
    let reason = Reason::Error { failed: i64::try_from(failed.len()).unwrap_or(i64::MAX) };
    Some(Decision::Terminate(Termination { machines: failed, reason }))
}
