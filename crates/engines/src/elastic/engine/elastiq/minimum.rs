use super::super::cursor::Cursor;
use super::super::decision::Decision;
use super::super::machine::MachineState;
use super::super::note::Note;
use super::super::observation::Observation;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::config::ElastiqConfig;
use super::growth::grow;
use super::memory::ElastiqMemory;

/// Launches machines up to the minimum, counted over running machines in the pool and coming ones.
pub(super) fn restore_minimum(
    config: &ElastiqConfig,
    protection: &Protection,
    memory: &ElastiqMemory,
    observation: &Observation<'_>,
) -> (Option<Decision>, Option<Note>) {
    let Some(machines) = observation.fresh_machines() else { return (None, None) };
    let mut cursor = Cursor::default();
    let running = machines
        .iter()
        .filter(|machine| machine.state == MachineState::Running && (machine.own || !protection.own_only))
        .filter(|machine| cursor.find(&memory.hosts, |clock| clock.host == machine.id).is_some())
        .count();
    let running = i64::try_from(running).unwrap_or(i64::MAX);
    let coming = memory.coming.count();
    let missing = config.minimum.saturating_sub(running).saturating_sub(coming);
    if missing <= 0 {
        return (None, None);
    }
    let reason = Reason::Min { minimum: config.minimum, running, coming };
    grow(config, protection, memory, observation, missing, reason)
}
