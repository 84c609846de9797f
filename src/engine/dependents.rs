//! Dependencies between services through the values that they read.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::boot_sources::boot_reads;
use super::desired::Desired;
use super::event::ServiceEvent;
use super::plan_layout::PlanLayout;

/// The services that read values of others. Parts that depend on the plan alone are computed on first use.
#[derive(Clone, Debug, Default)]
pub(super) struct Dependents {
    /// The services whose values each boot program may be given, and the inverse.
    read: OnceLock<Arc<Vec<Vec<usize>>>>,
    readers: OnceLock<Arc<Vec<Vec<usize>>>>,
    wanted: OnceLock<Arc<Desired>>,
    /// The sequence number of the last journal line that ended something that others may have read.
    pub(super) overtaken: u64,
    /// The services whose boot program must run again under the present goal.
    pub(super) due: BTreeSet<usize>,
}

impl Dependents {
    /// Returns the dependencies for another plan.
    pub(super) fn of_another_plan(&self) -> Self {
        Self { overtaken: self.overtaken, ..Self::default() }
    }

    /// Returns the services whose values the boot program of the service at `position` may be given.
    pub(super) fn read_by(&self, layout: &PlanLayout, position: usize) -> &[usize] {
        &self.all_read(layout)[position]
    }

    /// Returns the services whose boot programs may be given values of the service at `position`.
    pub(super) fn readers_of(&self, layout: &PlanLayout, position: usize) -> &[usize] {
        let invert = || {
            let read = self.all_read(layout);
            let mut readers = vec![Vec::new(); read.len()];
            for (reader, sources) in read.iter().enumerate() {
                sources.iter().for_each(|&source| readers[source].push(reader));
            }
            Arc::new(readers)
        };
        &self.readers.get_or_init(invert)[position]
    }

    /// Returns the attributes that boot programs must write.
    pub(super) fn wanted(&self, layout: &PlanLayout) -> &Desired {
        self.wanted.get_or_init(|| Arc::new(Desired::of(layout.index())))
    }

    fn all_read(&self, layout: &PlanLayout) -> &[Vec<usize>] {
        let count = layout.index().plan().service_count();
        self.read.get_or_init(|| Arc::new((0..count).map(|position| boot_reads(layout, position)).collect()))
    }
}

/// Whether the change may give readers of the service another value.
pub(super) fn concern(change: &ServiceEvent) -> bool {
    matches!(
        change,
        ServiceEvent::Launched { .. }
            | ServiceEvent::Addressed { .. }
            | ServiceEvent::Reachable { .. }
            | ServiceEvent::Booted { .. }
            | ServiceEvent::Terminated
            | ServiceEvent::Reset
    )
}
