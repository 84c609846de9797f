//! Values of a run that boot programs were given and that have changed since, and whom they mislead.

use std::collections::BTreeSet;

use super::run::Run;
use super::stale_values::{Stale, is_stale, stale_values};

/// What the boot program of the service at `position` was last given and what is another value now. Empty for services
/// whose boot program is still to run, or has none.
pub fn stale(run: &Run, position: usize) -> Vec<Stale> {
    stale_values(run.services(), position)
}

/// Whether a boot program of another service that was begun may have been given values of the one at `position`: they
/// are others once its machine is another one.
pub fn is_read(run: &Run, position: usize) -> bool {
    run.readers_of(position).iter().any(|&reader| reader != position && run.record(reader).boot_begun)
}

/// Whether the service at `position`, which failed its check, may have failed it for values that it was given and that
/// are others now or are about to be. That is no reason to replace it: what mends it is its boot program.
pub(super) fn is_misled(run: &Run, position: usize) -> bool {
    misled_by(run, position).is_some() || reads_what_goes(run, position)
}

/// The service that was given values which are others now: the one at `position`, else the nearest of those that it
/// reads, if only by way of others.
pub(super) fn misled_by(run: &Run, position: usize) -> Option<usize> {
    upstream(run, position).into_iter().find(|&position| is_stale(run.services(), position))
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
