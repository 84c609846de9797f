//! Who reads whose values, and whose boot program is to be run again for that.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::desired::Desired;
use super::event::{Goal, ServiceEvent};
use super::phase::Phase;
use super::run::Run;
use super::stale;

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
    pub(super) fn read_by(&self, run: &Run, position: usize) -> &[usize] {
        &self.all_read(run)[position]
    }

    /// The services whose boot programs may be given values of the one at `position`.
    pub(super) fn readers_of(&self, run: &Run, position: usize) -> &[usize] {
        let invert = || {
            let read = self.all_read(run);
            let mut readers = vec![Vec::new(); read.len()];
            for (reader, sources) in read.iter().enumerate() {
                sources.iter().for_each(|&source| readers[source].push(reader));
            }
            Arc::new(readers)
        };
        &self.readers.get_or_init(invert)[position]
    }

    /// What boot programs have to write.
    pub(super) fn wanted(&self, run: &Run) -> &Desired {
        self.wanted.get_or_init(|| Arc::new(Desired::of(run)))
    }

    fn all_read(&self, run: &Run) -> &[Vec<usize>] {
        let all = || Arc::new((0..run.records().len()).map(|position| stale::boot_reads(run, position)).collect());
        self.read.get_or_init(all)
    }
}

/// Whether the goal asks for boot programs to be run again.
pub(super) fn are_followed(run: &Run) -> bool {
    matches!(run.goal, Some(Goal::Up { dependents: true, .. }))
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

/// Whether the boot program was given values that are others now, and was not run again for that under this goal.
pub(super) fn is_due(run: &Run, position: usize) -> bool {
    let record = run.record(position);
    let waits = matches!(record.phase, Phase::Booted | Phase::Ready { .. }) || record.phase.failed_its_check();
    waits && record.reconfigured == 0 && is_stale(run, position)
}

/// Whether the service at `position`, which failed its check, may have failed it for values that it was given and that
/// are others now or are about to be. That is no reason to replace it: what mends it is its boot program.
pub(super) fn is_misled(run: &Run, position: usize) -> bool {
    misled_by(run, position).is_some() || reads_what_goes(run, position)
}

/// The service that was given values which are others now: the one at `position`, else the nearest of those that it
/// reads, if only by way of others.
pub(super) fn misled_by(run: &Run, position: usize) -> Option<usize> {
    upstream(run, position).into_iter().find(|&position| is_stale(run, position))
}

fn is_stale(run: &Run, position: usize) -> bool {
    stale::may_be_stale(run, position) && !stale::stale(run, position).is_empty()
}

/// Whether a service that it reads is broken or being raised, and so about to be another one. Of services that failed
/// their checks and read each other none waits for another.
fn reads_what_goes(run: &Run, position: usize) -> bool {
    run.boot_reads(position).iter().filter(|&&source| source != position).any(|&source| {
        let record = run.record(source);
        match record.phase.failed_its_check() {
            true => !upstream(run, source).contains(&position),
            false => record.phase.is_broken() || record.is_unsettled(run.service(source)),
        }
    })
}

/// The service at `position` and those whose values it is given, if only by way of others, the nearest first.
fn upstream(run: &Run, position: usize) -> Vec<usize> {
    let (mut known, mut found) = (BTreeSet::from([position]), vec![position]);
    let mut next = 0;
    while let Some(&reader) = found.get(next) {
        found.extend(run.boot_reads(reader).iter().copied().filter(|&source| known.insert(source)));
        next += 1;
    }
    found
}
