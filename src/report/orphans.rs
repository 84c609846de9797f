//! What nobody looks after: machines, what they left, and records of machines that are gone.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time::{age, duration};
use super::{Cell, Style, count, table};
use crate::annex::AnnexId;
use crate::engine::{Instance, Leftover, Missing, Orphan, TAG_RUN, Why, lease_end};

/// The most places that a sentence names.
const MOST_NAMED: usize = 4;

/// What was found everywhere, and what became of it.
pub struct Audit {
    /// What was found, by place; the places that have nothing are among them.
    pub found: Vec<Found>,
    /// What could not be asked.
    pub failed: Vec<NotAsked>,
    /// What was removed.
    pub removed: Vec<String>,
    /// What was to be removed and is still there, with the reason.
    pub remains: Vec<String>,
}

/// What was found in one place.
pub struct Found {
    /// The place: a cloud, with its region where it has several.
    pub place: String,
    /// Machines without a run that looks after them.
    pub orphans: Vec<Orphan>,
    /// What carries our tags beside machines, and belongs to no run that goes on.
    pub leftovers: Vec<Leftover>,
    /// Recorded machines that are not there.
    pub missing: Vec<Missing>,
    /// Annexes that no record of this state file is of.
    pub annexes: Vec<StrayAnnex>,
}

/// An annex that no record of this state file is of; another may know it.
#[derive(Clone, Debug)]
pub struct StrayAnnex {
    /// Which annex.
    pub id: AnnexId,
    /// Who made it, as far as can be told.
    pub owner: Option<String>,
}

/// A place that could not be asked.
pub struct NotAsked {
    /// Which, and why.
    pub what: String,
    /// What to try.
    pub hint: Option<String>,
}

impl Audit {
    /// Whether everything that could be asked is as it should be.
    pub fn is_clean(&self) -> bool {
        self.found.iter().all(Found::is_clean)
    }
}

impl Found {
    fn is_clean(&self) -> bool {
        self.orphans.is_empty() && self.leftovers.is_empty() && self.missing.is_empty() && self.annexes.is_empty()
    }
}

/// The document of `hoist orphans`, as `me` sees it.
pub fn orphans_json(audit: &Audit, me: &str) -> Value {
    let mut orphans = Vec::new();
    let mut leftovers = Vec::new();
    let mut missing = Vec::new();
    let mut annexes = Vec::new();
    for Found { place, orphans: machines, leftovers: things, missing: absent, annexes: stray } in &audit.found {
        annexes.extend(stray.iter().map(|annex| {
            json!({
                "place": place,
                "annex": annex.id.name,
                "tag": annex.id.tag(),
                "owner": annex.owner,
                "mine": annex.owner.as_deref() == Some(me),
            })
        }));
        orphans.extend(machines.iter().map(|orphan| {
            let instance = &orphan.instance;
            json!({
                "place": place,
                "instance_id": instance.id,
                "state": instance.state,
                "address": instance.address,
                "run": instance.tags.get(TAG_RUN),
                "owner": orphan.owner(),
                "mine": orphan.owner() == Some(me),
                "launched_at": instance.launched_at.to_string(),
                "expires_at": lease_end(instance).map(|end| end.to_string()),
                "why": orphan.why.as_str(),
            })
        }));
        leftovers.extend(things.iter().map(|thing| {
            json!({
                "place": place,
                "kind": thing.kind.as_str(),
                "id": thing.id,
                "run": thing.run,
                "owner": thing.owner,
                "mine": thing.owner.as_deref() == Some(me),
                "detail": thing.detail,
                "bills": thing.bills,
            })
        }));
        missing.extend(absent.iter().map(|absent| {
            json!({
                "place": place,
                "run": absent.run,
                "service": absent.service,
                "instance_id": absent.instance_id,
            })
        }));
    }
    let failed: Vec<Value> =
        audit.failed.iter().map(|failed| json!({ "error": failed.what, "hint": failed.hint })).collect();
    json!({
        "schema": 1,
        "asked": audit.found.iter().map(|found| &found.place).collect::<Vec<_>>(),
        "orphans": orphans,
        "leftovers": leftovers,
        "missing": missing,
        "annexes": annexes,
        "failed": failed,
        "removed": audit.removed,
        "remains": audit.remains,
    })
}

/// The same for people.
pub fn orphans_human(audit: &Audit, me: &str, now: Timestamp, style: Style) -> String {
    if audit.is_clean() {
        return match audit.found.as_slice() {
            [] => "no place could be asked\n".to_owned(),
            found => {
                let places: Vec<&str> = found.iter().map(|found| found.place.as_str()).collect();
                match places.len() {
                    0..=MOST_NAMED => format!("no orphans in {}\n", places.join(", ")),
                    many => format!("no orphans in {many} places: {}, …\n", places[..MOST_NAMED - 1].join(", ")),
                }
            }
        };
    }
    let mut text = String::new();
    let titles =
        |titles: &[&str]| -> Vec<Cell> { titles.iter().map(|&title| Cell::painted(title, style.dim(title))).collect() };
    let orphans: Vec<(&str, &Orphan)> = each(audit, |found| &found.orphans);
    if !orphans.is_empty() {
        let mut rows = vec![titles(&["MACHINE", "PLACE", "STATE", "AGE", "RUN", "OWNER", "WHY"])];
        rows.extend(orphans.iter().map(|(place, orphan)| machine(place, orphan, me, now, style)));
        text.push_str(&table(0, &rows));
    }
    let leftovers: Vec<(&str, &Leftover)> = each(audit, |found| &found.leftovers);
    if !leftovers.is_empty() {
        let mut rows = vec![titles(&["LEFT OVER", "PLACE", "RUN", "OWNER", "DETAIL"])];
        rows.extend(leftovers.iter().map(|(place, thing)| -> Vec<Cell> {
            let bills = if thing.bills { "" } else { " (costs nothing)" };
            let (run, owner) = (thing.run.clone().unwrap_or_default(), thing.owner.clone().unwrap_or_default());
            let detail = format!("{}{bills}", thing.detail);
            vec![thing.to_string().into(), (*place).into(), run.into(), owner.into(), detail.into()]
        }));
        text.push_str(&table(0, &rows));
    }
    let annexes: Vec<(&str, &StrayAnnex)> = each(audit, |found| &found.annexes);
    if !annexes.is_empty() {
        let mut rows = vec![titles(&["ANNEX", "PLACE", "OWNER", "WHY"])];
        rows.extend(annexes.iter().map(|(place, annex)| -> Vec<Cell> {
            let tag = annex.id.tag();
            let why = match annex.owner.as_deref() == Some(me) {
                true => "yours, and not in this state file",
                false => "another user's, as far as can be seen",
            };
            let owner = annex.owner.clone().unwrap_or_default();
            vec![Cell::painted(&tag, style.bold(&tag)), (*place).into(), owner.into(), why.into()]
        }));
        text.push_str(&table(0, &rows));
    }
    let missing: Vec<(&str, &Missing)> = each(audit, |found| &found.missing);
    for (place, Missing { run, service, instance_id }) in &missing {
        text.push_str(&format!(
            "{} {instance_id} of {service} in run {run} is not in {place} any more; hoist plan repair {run} replaces it\n",
            style.warn("missing:")
        ));
    }
    let mut counts: Vec<String> =
        [(orphans.len(), "machine"), (leftovers.len(), "leftover"), (missing.len(), "missing machine")]
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, noun)| count(*number, noun))
            .collect();
    match annexes.len() {
        0 => {}
        1 => counts.push("1 annex".to_owned()),
        several => counts.push(format!("{several} annexes")),
    }
    text.push_str(&format!("{}\n", counts.join(", ")));
    text
}

fn each<'a, T>(audit: &'a Audit, pick: impl Fn(&'a Found) -> &'a Vec<T>) -> Vec<(&'a str, &'a T)> {
    audit.found.iter().flat_map(|found| pick(found).iter().map(|thing| (found.place.as_str(), thing))).collect()
}

fn machine(place: &str, orphan: &Orphan, me: &str, now: Timestamp, style: Style) -> Vec<Cell> {
    let Instance { id, state, launched_at, tags, .. } = &orphan.instance;
    let state =
        serde_json::to_value(state).ok().and_then(|state| state.as_str().map(str::to_owned)).unwrap_or_default();
    let why = match orphan.why {
        Why::LeaseOver(end) => format!("its lease ended {} ago", duration(age(end, now))),
        Why::Unused => "its run has ended, or goes on without it".to_owned(),
        Why::Unknown if orphan.owner() == Some(me) => "yours, of a run that this state file does not know".to_owned(),
        Why::Unknown => "another user's, as far as can be seen".to_owned(),
    };
    vec![
        Cell::painted(id, style.bold(id)),
        place.into(),
        state.into(),
        duration(age(*launched_at, now)).into(),
        tags.get(TAG_RUN).cloned().unwrap_or_default().into(),
        orphan.owner().unwrap_or_default().into(),
        why.into(),
    ]
}
