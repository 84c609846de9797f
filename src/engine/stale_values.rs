//! Values that a boot program was given and that have changed since.
//!
//! This needs no records of its own: the journal tells when each boot program was started, and every machine's address
//! and every program's output at that time.

use super::boot_sources::given;
use super::failure::Stage;
use super::phase::Phase;
use super::services::Services;
use super::visible_values::{Until, VisibleValues};
use crate::plan::{Attributes, RuntimeValues};

/// A value that a boot program was given and that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Its reference, as plans write it: `${database.address}`.
    pub reference: String,
    /// The value when the boot program was started.
    pub then: String,
    /// The present value; none if there is no such value any more.
    pub now: Option<String>,
}

/// Returns the values that the boot program of the service at `position` was last given and that have changed. Empty
/// for services whose boot program is still to run, or that have none.
///
/// Services that are being raised anew have no values for the moment, which changes nothing for their readers: only
/// their values afterwards count. Values of secrets are not recorded, so a changed secret is not noticed.
pub(super) fn stale_values(services: &Services, position: usize) -> Vec<Stale> {
    let record = services.record(position);
    let Some(told) = record.told.filter(|told| has_booted(&record.phase) && services.overtaken() > *told) else {
        return Vec::new();
    };
    let then = Then { services, sequence: told };
    let now = BootValues { services, to: &services.layout.service(position).name };
    let stops = |service: &str, attribute: &str| {
        then.output(service, attribute).is_some() || now.output(service, attribute).is_some()
    };
    let index = services.layout.index();
    let (before, now) = (Attributes::new(index, &then), Attributes::new(index, &now));
    let mut stale = Vec::new();
    for source in given(index, services.layout.service(position), stops).into_iter().filter(|source| !source.is_text) {
        let Ok(then) = before.value(&source.service, &source.attribute) else { continue };
        let now = now.value(&source.service, &source.attribute).ok();
        let is_away =
            || services.layout.position(&source.service).is_none_or(|at| !has_booted(&services.record(at).phase));
        if now.as_ref() != Some(&then) && (now.is_some() || !is_away()) {
            stale.push(Stale { reference: source.written(), then, now });
        }
    }
    stale
}

/// The values of a run at a line of its journal.
struct Then<'a> {
    services: &'a Services,
    sequence: u64,
}

impl Then<'_> {
    fn shown(&self, service: &str) -> Option<VisibleValues> {
        let record = self.services.of(service)?;
        let earlier = record.past.iter().find(|Until(last, _)| *last >= self.sequence).map(|Until(_, shown)| shown);
        Some(earlier.cloned().unwrap_or_else(|| record.shown()))
    }
}

impl RuntimeValues for Then<'_> {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        self.shown(service)?.launch(&self.services.run_name, attribute)
    }

    fn output(&self, service: &str, attribute: &str) -> Option<String> {
        self.shown(service)?.output.remove(attribute)
    }

    fn output_names(&self, service: &str) -> Vec<String> {
        self.shown(service).map(|shown| shown.output.into_keys().collect()).unwrap_or_default()
    }
}

/// The present values of a run as the boot program of a service is given them: without that program's own output.
struct BootValues<'a> {
    services: &'a Services,
    to: &'a str,
}

impl RuntimeValues for BootValues<'_> {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        self.services.launch(service, attribute)
    }

    fn output(&self, service: &str, attribute: &str) -> Option<String> {
        if service == self.to { None } else { self.services.output(service, attribute) }
    }

    fn output_names(&self, service: &str) -> Vec<String> {
        if service == self.to { Vec::new() } else { self.services.output_names(service) }
    }
}

/// Whether the boot program's given values have changed, and it was not run again for that under this goal.
pub(super) fn is_due(services: &Services, position: usize) -> bool {
    let record = services.record(position);
    let waits = matches!(record.phase, Phase::Booted | Phase::Ready { .. }) || record.phase.failed_its_check();
    waits && record.reconfigured == 0 && is_stale(services, position)
}

/// Whether values that the boot program of the service at `position` was given have changed.
pub(super) fn is_stale(services: &Services, position: usize) -> bool {
    may_be_stale(services, position) && !stale_values(services, position).is_empty()
}

/// Whether [`stale_values`] may find something, by line numbers alone.
fn may_be_stale(services: &Services, position: usize) -> bool {
    let record = services.record(position);
    let Some(told) = record.told.filter(|told| services.overtaken() > *told) else { return false };
    let is_newer = |&other: &usize| services.record(other).past.last().is_some_and(|Until(last, _)| *last >= told);
    services.boot_reads(position).iter().any(is_newer)
}

fn has_booted(phase: &Phase) -> bool {
    match phase {
        Phase::Booted | Phase::Checking(_) | Phase::Ready { .. } => true,
        Phase::Failed(failure) => failure.stage == Stage::Ready,
        _ => false,
    }
}
