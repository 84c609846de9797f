//! The document of orphans.

use serde::Serialize;

use super::audit::{Audit, AuditResult};
use super::orphan_view::{LeftoverView, LookedAfterView, MissingView, OrphanAnnexView, OrphanView, ScopeErrorView};
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist orphans`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OrphansDocument<'a> {
    schema: SchemaVersion,
    /// The places that were asked.
    asked: Vec<&'a str>,
    /// Machines without a run that looks after them.
    orphans: Vec<OrphanView<'a>>,
    /// What carries our tags beside machines, and belongs to no run that goes on.
    leftovers: Vec<LeftoverView<'a>>,
    /// Recorded machines that are not there.
    missing: Vec<MissingView<'a>>,
    /// Annexes that no record of this state file is of.
    annexes: Vec<OrphanAnnexView<'a>>,
    /// What another state file on this machine looks after: no orphans.
    looked_after: Vec<LookedAfterView<'a>>,
    /// What could not be asked.
    failed: Vec<ScopeErrorView<'a>>,
    /// What was removed.
    removed: &'a [String],
    /// What was to be removed and is still there, with the reason.
    remains: &'a [String],
}

impl<'a> OrphansDocument<'a> {
    /// Creates the document of an audit as seen by the user `me`.
    pub fn new(audit: &'a Audit, me: &str) -> Self {
        let state = audit.state.as_deref();
        Self {
            schema: SchemaVersion,
            asked: audit.found.iter().map(|found| found.place.as_str()).collect(),
            orphans: each(audit, |found| &found.orphans, |place, orphan| OrphanView::of(place, orphan, me, state)),
            leftovers: each(
                audit,
                |found| &found.leftovers,
                |place, thing| LeftoverView::of(place, thing, me, audit.is_unknown(thing)),
            ),
            missing: each(audit, |found| &found.missing, MissingView::of),
            annexes: each(audit, |found| &found.annexes, |place, annex| OrphanAnnexView::of(place, annex, me, state)),
            looked_after: each(audit, |found| &found.looked_after, LookedAfterView::of),
            failed: audit.failed.iter().map(ScopeErrorView::of).collect(),
            removed: &audit.removed,
            remains: &audit.remains,
        }
    }
}

/// Creates the views of resources of one kind, place by place.
fn each<'a, T: 'a, V>(
    audit: &'a Audit,
    pick: impl Fn(&'a AuditResult) -> &'a Vec<T>,
    view: impl Fn(&'a str, &'a T) -> V,
) -> Vec<V> {
    audit.found.iter().flat_map(|found| pick(found).iter().map(|thing| view(&found.place, thing))).collect()
}
