//! What is left of annexes that the cloud does not show any more: their stacks are gone.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::scope::AuditScope;
use crate::annex::{AnnexCloud, AnnexId, AnnexLeftover, AnnexPhase, TAG_ANNEX};
use crate::engine::{Orphan, OrphanReason, lease_end};
use crate::provider::{CloudError, Instance, Leftover, TAG_EXPIRES, TAG_OWNER, TAG_RUN, TAG_STATE};
use crate::report::OrphanAnnex;
use crate::state::AnnexRow;

/// What carries the tags of annexes in one place.
pub(super) struct TaggedByAnnexes<'a> {
    /// The place.
    pub(super) place: &'a AuditScope,
    /// The annexes that the place shows.
    pub(super) shown: &'a [AnnexId],
    /// All recorded annexes.
    pub(super) rows: &'a [AnnexRow],
}

impl TaggedByAnnexes<'_> {
    /// Returns the annexes that the place does not show and that have left something, and takes that out of `instances`
    /// and `leftovers`. What belongs to an annex that is shown is taken out as well: it goes with that.
    ///
    /// An annex that another process holds at this moment is about to be made or to go, and is no orphan.
    pub(super) async fn take(
        &self,
        instances: &mut Vec<Instance>,
        leftovers: &mut Vec<Leftover>,
        traces: BTreeSet<AnnexId>,
    ) -> Result<Vec<OrphanAnnex>, CloudError> {
        let is_shown = |tag: Option<&String>| tag.is_some_and(|tag| self.shown.iter().any(|annex| annex.tag() == *tag));
        instances.retain(|instance| !is_shown(tag_of(instance)));
        leftovers.retain(|thing| !is_shown(thing.annex.as_ref()));
        let Some(cloud) = &self.place.annexes else { return Ok(Vec::new()) };
        let living = instances.iter().filter(|instance| !instance.state.is_gone()).filter_map(tag_of);
        let tags: BTreeSet<&String> = living.chain(leftovers.iter().filter_map(|thing| thing.annex.as_ref())).collect();
        let mut ids: BTreeSet<AnnexId> = tags.into_iter().filter_map(|tag| AnnexId::of_tag(tag)).collect();
        ids.extend(traces.into_iter().filter(|id| !self.shown.contains(id)));
        let mut found = Vec::new();
        for id in ids {
            let record = self.rows.iter().find(|row| row.record.id == id);
            let lives = record.is_some_and(|row| row.record.stage != AnnexPhase::Ended);
            let remains = match lives && record.is_some_and(|row| row.lock.is_some()) {
                true => Vec::new(),
                false => remains(&**cloud, &id).await?,
            };
            let tag = id.tag();
            let of = |key: &str| {
                let mut tagged = instances.iter().filter(|instance| tag_of(instance) == Some(&tag));
                tagged.find_map(|instance| instance.tags.get(key).cloned())
            };
            let of_thing = || leftovers.iter().find(|thing| thing.annex.as_ref() == Some(&tag))?.owner.clone();
            // What is recorded here is of this user and this state file, whatever its tags say.
            let (owner, state) = match record.and_then(|row| row.record.spec.as_ref()) {
                Some(spec) => (Some(spec.owner.clone()), spec.state.clone()),
                None => (of(TAG_OWNER).or_else(of_thing), of(TAG_STATE)),
            };
            let is_told = |thing: &Leftover| remains.iter().any(|remain| remain.id == thing.id);
            leftovers.retain(|thing| thing.annex.as_ref() != Some(&tag) || !is_told(thing) && !remains.is_empty());
            instances.retain(|instance| tag_of(instance) != Some(&tag));
            if !remains.is_empty() {
                found.push(OrphanAnnex { id, owner, state, remains, recorded: lives });
            }
        }
        Ok(found)
    }
}

/// The tags that instances of annexes have and those of runs, too: by them one is known whose annex tag was taken away.
const OURS: [&str; 3] = [TAG_ANNEX, TAG_STATE, TAG_EXPIRES];

/// Returns those of these instances, which belong to no run, that live and carry tags of hoist's: of annexes whose tag
/// was changed.
pub(super) fn without_annex(instances: Vec<Instance>, now: Timestamp) -> Vec<Orphan> {
    let is_lost =
        |instance: &Instance| !instance.state.is_gone() && OURS.iter().any(|key| instance.tags.contains_key(*key));
    let orphan = |instance: Instance| {
        let over = lease_end(&instance).filter(|end| *end <= now);
        Orphan { instance, why: over.map_or(OrphanReason::Unknown, OrphanReason::LeaseOver) }
    };
    instances.into_iter().filter(is_lost).map(orphan).collect()
}

/// Returns what is left of an annex, asked anew: what was shown before may be going.
async fn remains(cloud: &dyn AnnexCloud, id: &AnnexId) -> Result<Vec<AnnexLeftover>, CloudError> {
    let remains = cloud.remains(id, None).await?;
    // Its stack has appeared since: it is being made.
    Ok(if remains.iter().any(|remain| remain.kind == "stack") { Vec::new() } else { remains })
}

/// Returns the tag of the annex of an instance that belongs to no run.
fn tag_of(instance: &Instance) -> Option<&String> {
    instance.tags.get(TAG_ANNEX).filter(|_| !instance.tags.contains_key(TAG_RUN))
}
