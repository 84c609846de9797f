use super::super::decision::Decision;
use super::super::limit::Limit;
use super::super::note::Note;
use super::super::observation::Observation;
use super::super::protection::Protection;
use super::super::reading::Reading;
use super::super::reason::Reason;
use super::config::ElastiqConfig;
use super::growth::grow;
use super::memory::ElastiqMemory;
use super::timer::{Task, Timer};

/// Grows the fleet for jobs that have waited too long (elastiq's `check_queue`).
pub(super) fn check_queue(
    config: &ElastiqConfig,
    protection: &Protection,
    memory: &mut ElastiqMemory,
    observation: &Observation<'_>,
    notes: &mut Vec<Note>,
) -> Option<Decision> {
    memory.repeat = Some(Timer { due: observation.now.saturating_add(config.queue_every.max(1)), task: Task::Queue });
    let demand = match &observation.demand {
        Reading::Fresh { value } => value,
        Reading::Stale { age, .. } => {
            let by = Limit::StaleReading { source: "demand".into(), age: *age, allowed: 0 };
            notes.push(Note::Held { by });
            return None;
        }
        Reading::Failed { .. } | Reading::Unread => {
            notes.push(Note::Held { by: Limit::FailedReading { source: "demand".into() } });
            return None;
        }
    };
    let mut waiting = i64::try_from(demand.waiting).unwrap_or(i64::MAX);
    if protection.servable_only {
        if demand.unservable > 0 {
            notes.push(Note::Unservable { jobs: demand.unservable });
        }
    } else {
        waiting = waiting.saturating_add(i64::try_from(demand.unservable).unwrap_or(i64::MAX));
    }
    let per_machine = config.jobs_per_machine.max(1);
    let coming = memory.coming.count();
    let excess = waiting.saturating_sub(coming.saturating_mul(per_machine));
    if excess <= 0 || excess < config.waiting_threshold {
        memory.waiting_since = None;
        return None;
    }
    let since = *memory.waiting_since.get_or_insert(observation.began);
    if observation.began.saturating_sub(since) <= config.waiting_time {
        notes.push(Note::QueueWaits { excess, since, allowed: config.waiting_time });
        return None;
    }
    memory.waiting_since = None;
    let wanted = excess.saturating_add(per_machine - 1) / per_machine;
    let reason = Reason::Queue { waiting, coming, jobs_per_machine: per_machine, since };
    let (decision, note) = grow(config, protection, memory, observation, wanted, reason);
    notes.extend(note);
    decision
}
