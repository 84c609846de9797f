//! Instances whose address is no longer the recorded one: they were stopped and started.
//!
//! Adopting the new address is safe: a host's key is pinned by its instance, so no other host can answer in its place.

use jiff::Timestamp;

use super::event::{JournalEntry, RunEvent, ServiceEvent};
use super::launch;
use super::observation::ObservedInstance;
use super::run::Run;
use crate::plan::Attributes;

/// Returns the events that would bring the recorded addresses up to date, and the run after them. `seen` has one
/// observation per position in the plan, or none at all.
pub fn moved<'a>(run: &Run, seen: impl IntoIterator<Item = &'a ObservedInstance>) -> (Vec<(usize, ServiceEvent)>, Run) {
    let mut then = run.clone();
    let mut changes = Vec::new();
    let mut take = |then: &mut Run, position: usize, change: ServiceEvent| {
        let service = then.service(position).name.clone();
        let event = RunEvent::Service { service, change: change.clone() };
        let record = JournalEntry { sequence: then.sequence() + 1, at: Timestamp::now(), event };
        // Events that may not be recorded, such as those of a service that is going, are not news.
        if then.apply(&record).is_ok() {
            changes.push((position, change));
        }
    };
    for (position, instance) in seen.into_iter().enumerate() {
        let change = match instance {
            ObservedInstance::Here(instance) => launch::seen(instance),
            _ => None,
        };
        if let Some(change) = change.filter(|change| is_news(run, position, change)) {
            take(&mut then, position, change);
        }
    }
    if then.sequence() == run.sequence() {
        return (Vec::new(), then);
    }
    // Services on another service's machine have its address.
    for position in 0..run.records().len() {
        if run.owner_of(position) == position || run.record(position).address.is_none() {
            continue;
        }
        let service = run.service(position);
        let written =
            service.address.as_ref().map(|text| Attributes::new(then.index(), &then).expand(&service.name, text));
        if let Some(Ok(address)) = written
            && run.record(position).address.as_ref() != Some(&address)
        {
            take(&mut then, position, ServiceEvent::Addressed { address, private_address: None });
        }
    }
    (changes, then)
}

/// Whether the change gives an address other than the recorded one. An instance without an address is the boot's
/// concern.
fn is_news(run: &Run, position: usize, change: &ServiceEvent) -> bool {
    let record = run.record(position);
    let ServiceEvent::Addressed { address, private_address } = change else { return false };
    let differs = |recorded: &Option<String>, shown: Option<&String>| {
        recorded.is_some() && shown.is_some() && recorded.as_ref() != shown
    };
    differs(&record.address, Some(address)) || differs(&record.private_address, private_address.as_ref())
}
