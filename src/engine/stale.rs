//! Values that boot programs were given and that have changed since, and the services that they mislead.

use std::collections::BTreeSet;

use super::attribute_sources::AttributeSource;
use super::boot_sources::given;
use super::run::Run;
use super::stale_values::{Stale, is_stale, stale_values};
use super::visible_values::Until;

/// Returns the values that the boot program of the service at `position` was last given and that have changed. Empty
/// for services whose boot program is still to run, or that have none.
pub fn stale(run: &Run, position: usize) -> Vec<Stale> {
    stale_values(run.services(), position)
}

/// Tells whether a started boot program of another service was given a value of the one at `position` that changes with
/// its instance: an id, an address, or output of its boot program.
pub fn is_read(run: &Run, position: usize) -> bool {
    let name = &run.service(position).name;
    let index = run.index();
    let changes =
        |source: &AttributeSource| source.service == *name && !source.is_text && !is_constant(&source.attribute);
    let reads = |reader: usize| {
        given(index, run.service(reader), |service, attribute| was_output(run, service, attribute)).iter().any(changes)
    };
    let begun = |&&reader: &&usize| reader != position && run.record(reader).boot_begun;
    run.readers_of(position).iter().filter(begun).any(|&reader| reads(reader))
}

/// Tells whether the boot program of this service has ever written an attribute of this name.
fn was_output(run: &Run, service: &str, attribute: &str) -> bool {
    let Some(record) = run.services().of(service) else { return false };
    let past = record.past.iter().map(|Until(_, shown)| shown);
    past.chain([&record.shown()]).any(|shown| shown.output.contains_key(attribute))
}

/// Tells whether the attribute of a service is the same for each of its instances.
fn is_constant(attribute: &str) -> bool {
    matches!(attribute, "name" | "run_name")
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
