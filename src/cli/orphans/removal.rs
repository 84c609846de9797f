//! Removes what nobody looks after, as far as it is ours to remove.

use jiff::Timestamp;

use super::annexes::delete;
use super::places::Place;
use crate::cli::context::Context;
use crate::cli::exit::CommandError;
use crate::engine::{Cloud, CloudError, Leftover, Orphan, Why};
use crate::report::{Audit, Found, StrayAnnex, count};
use crate::state::Owner;

/// Removes what may be removed; false when the user does not want that after all.
pub(super) async fn remove(
    context: &Context,
    audit: &mut Audit,
    places: &[Place],
    all_owners: bool,
) -> Result<bool, CommandError> {
    let taste = Taste { me: Owner::current().to_string(), all_owners, now: Timestamp::now() };
    let mut doomed = Vec::new();
    for (found, place) in audit.found.iter().zip(places) {
        let (machines, spared) = found.orphans.iter().partition::<Vec<&Orphan>, _>(|orphan| taste.takes(orphan));
        let (things, kept) = found.leftovers.iter().partition::<Vec<&Leftover>, _>(|thing| taste.takes_left(thing));
        audit.remains.extend(
            spared.iter().map(|orphan| belongs(&format!("machine {}", orphan.instance.id), found, orphan.owner())),
        );
        audit.remains.extend(kept.iter().map(|thing| belongs(&thing.to_string(), found, thing.owner.as_deref())));
        let (annexes, not_ours) =
            found.annexes.iter().partition::<Vec<&StrayAnnex>, _>(|annex| taste.takes_owned(annex.owner.as_deref()));
        audit.remains.extend(
            not_ours.iter().map(|annex| belongs(&format!("annex {}", annex.id.tag()), found, annex.owner.as_deref())),
        );
        doomed.push(Doomed { place, name: found.place.clone(), machines, things, annexes });
    }
    let machines: usize = doomed.iter().map(|doomed| doomed.machines.len()).sum();
    let things: usize = doomed.iter().map(|doomed| doomed.things.len()).sum();
    let annexes: usize = doomed.iter().map(|doomed| doomed.annexes.len()).sum();
    if machines + things + annexes == 0 {
        return Ok(true);
    }
    let elsewhere =
        doomed.iter().flat_map(|doomed| &doomed.machines).filter(|orphan| orphan.why == Why::Unknown).count();
    let parts = [(machines, "machine"), (things, "other thing")];
    let mut what: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)).collect();
    if annexes > 0 {
        what.push(if annexes == 1 { "1 annex".to_owned() } else { format!("{annexes} annexes") });
    }
    let warning = match elsewhere + annexes {
        0 => String::new(),
        some => {
            let of_runs = if annexes == 0 { "of runs " } else { "" };
            format!(" ({some} {of_runs}that this state file does not know, though another may)")
        }
    };
    if !context.confirm(&format!("Remove {}{warning}?", what.join(" and ")))? {
        context.tell("nothing was removed");
        return Ok(false);
    }
    for Doomed { place, name, machines, things, annexes } in doomed {
        let cloud = place.cloud.as_ref();
        let ids: Vec<String> = machines.iter().map(|orphan| orphan.instance.id.clone()).collect();
        for (id, result) in terminate(cloud, &ids).await {
            note(context, &name, format!("machine {id}"), result, &mut audit.removed, &mut audit.remains);
        }
        for thing in things {
            let result = cloud.remove_leftover(thing).await;
            note(context, &name, thing.to_string(), result, &mut audit.removed, &mut audit.remains);
        }
        for annex in annexes {
            let result = delete(place, &annex.id).await;
            let what = format!("annex {}", annex.id.tag());
            note(context, &name, what, result, &mut audit.removed, &mut audit.remains);
        }
    }
    Ok(true)
}

/// What is removed in a place.
struct Doomed<'a> {
    place: &'a Place,
    name: String,
    machines: Vec<&'a Orphan>,
    things: Vec<&'a Leftover>,
    annexes: Vec<&'a StrayAnnex>,
}

/// Terminates all in one call, or each alone where that is refused: one must not keep the others alive.
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
    context: &Context,
    place: &str,
    what: String,
    result: Result<(), CloudError>,
    removed: &mut Vec<String>,
    remains: &mut Vec<String>,
) {
    match result {
        Ok(()) => {
            context.tell(&format!("removed {what} in {place}"));
            removed.push(what);
        }
        Err(CloudError { message, hint, .. }) => {
            let hint = hint.map(|hint| format!("; try: {hint}")).unwrap_or_default();
            remains.push(format!("{what} in {place}: {message}{hint}"));
        }
    }
}

fn belongs(what: &str, found: &Found, owner: Option<&str>) -> String {
    let owner = owner.unwrap_or("somebody");
    format!("{what} in {} belongs to {owner}; --all-owners terminates it too", found.place)
}

/// What may be removed.
struct Taste {
    me: String,
    all_owners: bool,
    now: Timestamp,
}

impl Taste {
    fn takes(&self, orphan: &Orphan) -> bool {
        match orphan.why {
            Why::LeaseOver(_) | Why::Unused => true,
            Why::Unknown => self.all_owners || orphan.owner() == Some(self.me.as_str()),
        }
    }

    fn takes_left(&self, thing: &Leftover) -> bool {
        self.takes_owned(thing.owner.as_deref()) || thing.expires_at.is_some_and(|end| end <= self.now)
    }

    fn takes_owned(&self, owner: Option<&str>) -> bool {
        self.all_owners || owner == Some(self.me.as_str())
    }
}
