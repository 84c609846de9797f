//! Removal of orphans.

use std::collections::BTreeSet;

use super::audit::AuditReport;
use super::claim::Claim;
use super::remove_annex::delete;
use super::scope::AuditScope;
use crate::app::{CommandError, Interaction, Operation};
use crate::engine::{Orphan, OrphanReason};
use crate::provider::{Cloud, CloudError, Leftover};
use crate::report::{AuditResult, OrphanAnnex, count};
use crate::state::RoomToEnd;

/// Resources that were not removed.
#[derive(Debug, Default)]
pub(crate) struct Spared {
    /// Owners of the resources left alone.
    pub(crate) spared: BTreeSet<Claim>,
    /// Whether the removal of a resource failed.
    pub(crate) failed: bool,
}

/// Removes the orphans with the claims `taken`; returns none if the user declines.
///
/// # Errors
/// Nobody can be asked.
pub(crate) async fn remove(
    operation: Operation<'_>,
    report: &mut AuditReport,
    taken: &[Claim],
) -> Result<Option<Spared>, CommandError> {
    let Operation { workspace, user } = operation;
    let _room = RoomToEnd::beside(&workspace.state_path);
    let AuditReport { audit, claims, scopes, .. } = report;
    let mut kept = Spared::default();
    let mut doomed = Vec::new();
    for (found, place) in audit.found.iter().zip(&*scopes) {
        let mut doom =
            Removable { place, name: found.place.clone(), machines: vec![], things: vec![], annexes: vec![] };
        let mut takes = |claim: Claim, what: &dyn Fn() -> String, owner: Option<&str>| {
            let takes = taken.contains(&claim);
            if !takes {
                kept.spared.insert(claim);
                audit.remains.push(spared(&what(), found, claim, owner));
            }
            takes
        };
        for orphan in &found.orphans {
            if takes(claims.machine(orphan), &|| format!("machine {}", orphan.instance.id), orphan.owner()) {
                doom.machines.push(orphan);
            }
        }
        for thing in &found.leftovers {
            if takes(claims.leftover(thing), &|| thing.to_string(), thing.owner.as_deref()) {
                doom.things.push(thing);
            }
        }
        for annex in &found.annexes {
            if takes(claims.annex(annex), &|| format!("annex {}", annex.id.tag()), annex.owner.as_deref()) {
                doom.annexes.push(annex);
            }
        }
        doomed.push(doom);
    }
    let machines: usize = doomed.iter().map(|doomed| doomed.machines.len()).sum();
    let things: usize = doomed.iter().map(|doomed| doomed.things.len()).sum();
    let annexes: usize = doomed.iter().map(|doomed| doomed.annexes.len()).sum();
    if machines + things + annexes == 0 {
        return Ok(Some(kept));
    }
    let elsewhere =
        doomed.iter().flat_map(|doomed| &doomed.machines).filter(|orphan| orphan.why == OrphanReason::Unknown).count();
    let warning = match elsewhere + annexes {
        0 => String::new(),
        some => {
            let of_runs = if annexes == 0 { "of runs or fleets " } else { "" };
            format!(" ({some} {of_runs}that this state file does not know, though another may)")
        }
    };
    if !user.confirm(&format!("Remove {}{warning}?", in_words(machines, things, annexes)))? {
        user.tell("nothing was removed");
        return Ok(None);
    }
    let left = audit.remains.len();
    for Removable { place, name, machines, things, annexes } in doomed {
        let cloud = place.cloud.as_ref();
        let ids: Vec<String> = machines.iter().map(|orphan| orphan.instance.id.clone()).collect();
        for (id, result) in terminate(cloud, &ids).await {
            note(user, &name, format!("machine {id}"), result, &mut audit.removed, &mut audit.remains);
        }
        for thing in things {
            let result = cloud.remove_leftover(thing).await;
            note(user, &name, thing.to_string(), result, &mut audit.removed, &mut audit.remains);
        }
        for annex in annexes {
            let result = delete(place, &annex.id).await;
            let what = format!("annex {}", annex.id.tag());
            note(user, &name, what, result, &mut audit.removed, &mut audit.remains);
        }
    }
    kept.failed = audit.remains.len() > left;
    Ok(Some(kept))
}

/// Formats counts such as `2 machines and 1 annex`.
pub(crate) fn in_words(machines: usize, things: usize, annexes: usize) -> String {
    let parts = [(machines, "machine"), (things, "other thing")];
    let mut what: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)).collect();
    match annexes {
        0 => {}
        1 => what.push("1 annex".to_owned()),
        several => what.push(format!("{several} annexes")),
    }
    what.join(" and ")
}

/// Resources to remove in one place.
struct Removable<'a> {
    place: &'a AuditScope,
    name: String,
    machines: Vec<&'a Orphan>,
    things: Vec<&'a Leftover>,
    annexes: Vec<&'a OrphanAnnex>,
}

/// Terminates all instances in one call, or each alone if that is refused, so that one does not keep the others alive.
async fn terminate(cloud: &dyn Cloud, ids: &[String]) -> Vec<(String, Result<(), CloudError>)> {
    if ids.is_empty() {
        return Vec::new();
    }
    if cloud.terminate(ids).await.is_ok() {
        return ids.iter().map(|id| (id.clone(), Ok(()))).collect();
    }
    let mut results = Vec::new();
    for id in ids {
        results.push((id.clone(), cloud.terminate(std::slice::from_ref(id)).await));
    }
    results
}

fn note(
    user: &dyn Interaction,
    place: &str,
    what: String,
    result: Result<(), CloudError>,
    removed: &mut Vec<String>,
    remains: &mut Vec<String>,
) {
    match result {
        Ok(()) => {
            user.tell(&format!("removed {what} in {place}"));
            removed.push(what);
        }
        Err(CloudError { message, hint, .. }) => {
            let hint = hint.map(|hint| format!("; try: {hint}")).unwrap_or_default();
            remains.push(format!("{what} in {place}: {message}{hint}"));
        }
    }
}

/// Describes why a resource is left alone.
fn spared(what: &str, found: &AuditResult, claim: Claim, owner: Option<&str>) -> String {
    let place = &found.place;
    match claim {
        Claim::Nobody => format!("{what} in {place} may be removed"),
        Claim::OtherState => {
            format!(
                "{what} in {place} is of another state file of yours, as far as can be seen; --other-states terminates it too"
            )
        }
        Claim::OtherOwner => {
            let owner = owner.unwrap_or("somebody");
            format!("{what} in {place} belongs to {owner}; --all-owners terminates it too")
        }
    }
}
