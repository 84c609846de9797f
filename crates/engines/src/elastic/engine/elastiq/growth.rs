use super::super::breaker::Admission;
use super::super::decision::{Decision, Launch};
use super::super::limit::Limit;
use super::super::note::Note;
use super::super::observation::Observation;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::config::ElastiqConfig;
use super::memory::ElastiqMemory;

/// Decides to launch `wanted` machines, or as many as the quota and the breaker allow.
pub(super) fn grow(
    config: &ElastiqConfig,
    protection: &Protection,
    memory: &ElastiqMemory,
    observation: &Observation<'_>,
    wanted: i64,
    reason: Reason,
) -> (Option<Decision>, Option<Note>) {
    let (allowed, limit) = allowance(config, protection, memory, observation, wanted);
    let note =
        limit.map(|by| Note::StartLimited { reason: reason.word().unwrap_or_default().into(), wanted, allowed, by });
    let count = u32::try_from(allowed).unwrap_or(0);
    ((count > 0).then(|| Decision::Launch(Launch::plain(count, reason))), note)
}

fn allowance(
    config: &ElastiqConfig,
    protection: &Protection,
    memory: &ElastiqMemory,
    observation: &Observation<'_>,
    wanted: i64,
) -> (i64, Option<Limit>) {
    // Also the original looks at the account before it launches, and launches nothing when that fails.
    let Some(machines) = observation.fresh_machines() else {
        return (0, Some(Limit::FailedReading { source: "machines".into() }));
    };
    let mut allowed = wanted;
    let mut limit = None;
    if config.maximum >= 1 || protection.zero_maximum_is_none {
        let live = machines.iter().filter(|machine| machine.own && machine.state.is_live()).count();
        let live = i64::try_from(live).unwrap_or(i64::MAX);
        let room = config.maximum.max(0).saturating_sub(live).max(0);
        if room < allowed {
            allowed = room;
            limit = Some(Limit::Maximum { maximum: config.maximum, live });
        }
    }
    if let Some(limits) = &protection.breaker {
        let (most, until) = match memory.breaker.admission(limits, observation.now) {
            Admission::Free => return (allowed, limit),
            Admission::Trial => (1, None),
            Admission::Closed(until) => (0, until),
        };
        if most < allowed {
            allowed = most;
            limit = Some(Limit::Breaker { failures: memory.breaker.failures(), until });
        }
    }
    (allowed, limit)
}
