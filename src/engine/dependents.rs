//! Who reads whose values.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::boot_sources::boot_reads;
use super::desired::Desired;
use super::event::ServiceEvent;
use super::plan_layout::PlanLayout;

/// What is known of a run's readers. What follows from the plan alone is found when it is first asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Dependents {
    /// The services whose values each boot program may be given, and the other way round.
    read: OnceLock<Arc<Vec<Vec<usize>>>>,
    readers: OnceLock<Arc<Vec<Vec<usize>>>>,
    wanted: OnceLock<Arc<Desired>>,
    /// The last line of the journal at which something ended that others may have read.
    pub(super) overtaken: u64,
    /// The services whose boot program is to be run again under the present goal.
    pub(super) due: BTreeSet<usize>,
}

impl Dependents {
    /// The same for another plan.
    pub(super) fn of_another_plan(&self) -> Self {
        Self { overtaken: self.overtaken, ..Self::default() }
    }

    /// The services whose values the boot program of the one at `position` may be given.
    pub(super) fn read_by(&self, layout: &PlanLayout, position: usize) -> &[usize] {
        &self.all_read(layout)[position]
    }

    /// The services whose boot programs may be given values of the one at `position`.
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

    /// What boot programs have to write.
    pub(super) fn wanted(&self, layout: &PlanLayout) -> &Desired {
        self.wanted.get_or_init(|| Arc::new(Desired::of(layout.index())))
    }

    fn all_read(&self, layout: &PlanLayout) -> &[Vec<usize>] {
        let count = layout.index().plan().service_count();
        self.read.get_or_init(|| Arc::new((0..count).map(|position| boot_reads(layout, position)).collect()))
    }
}

/// Whether the change may give those who read the service another value.
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
