//! Values that boot programs were given and that have changed since, and the services that they mislead.

use std::collections::BTreeSet;

use super::run::Run;
use super::stale_values::{Stale, is_stale, stale_values};

/// Returns the values that the boot program of the service at `position` was last given and that have changed. Empty
/// for services whose boot program is still to run, or that have none.
pub fn stale(run: &Run, position: usize) -> Vec<Stale> {
    stale_values(run.services(), position)
}

/// Whether the boot program of another service was begun and may have been given values of the service at `position`:
/// they change once its machine is replaced.
pub fn is_read(run: &Run, position: usize) -> bool {
    run.readers_of(position).iter().any(|&reader| reader != position && run.record(reader).boot_begun)
}

/// Whether the service at `position`, which failed its check, may have failed it because its given values have changed
/// or are about to. Then its boot program must run again; replacing it would not help.
pub(super) fn is_misled(run: &Run, position: usize) -> bool {
    misled_by(run, position).is_some() || reads_what_goes(run, position)
}

/// Returns the service whose given values have changed: the one at `position`, else the nearest of those that it reads,
/// directly or indirectly.
pub(super) fn misled_by(run: &Run, position: usize) -> Option<usize> {
    upstream(run, position).into_iter().find(|&position| is_stale(run.services(), position))
}

/// Whether a service that it reads is broken or being raised, and so about to change. Services that failed their checks
/// and read each other do not wait for each other.
fn reads_what_goes(run: &Run, position: usize) -> bool {
    run.boot_reads(position).iter().filter(|&&source| source != position).any(|&source| {
        let record = run.record(source);
        match record.phase.failed_its_check() {
            true => !upstream(run, source).contains(&position),
            false => record.phase.is_broken() || record.is_unsettled(run.service(source)),
        }
    })
}

/// Returns the service at `position` and those whose values it is given, directly or indirectly, the nearest first.
fn upstream(run: &Run, position: usize) -> Vec<usize> {
    let (mut known, mut found) = (BTreeSet::from([position]), vec![position]);
    let mut next = 0;
    while let Some(&reader) = found.get(next) {
        found.extend(run.boot_reads(reader).iter().copied().filter(|&source| known.insert(source)));
        next += 1;
    }
    found
}
