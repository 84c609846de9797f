//! What nobody looks after: machines, what they left, and records of machines that are gone.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time::{age, duration};
use super::{Cell, Style, count, table};
use crate::engine::{Instance, Leftover, Missing, Orphan, TAG_RUN, Why, lease_end};

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
}

impl Found {
    /// Whether everything is as it should be.
    pub fn is_clean(&self) -> bool {
        self.orphans.is_empty() && self.leftovers.is_empty() && self.missing.is_empty()
    }
}

/// The document of `hoist orphans`. `asked` are the places that could be asked.
pub fn orphans_json<'a>(
    asked: &[String],
    found: impl Iterator<Item = &'a Found>,
    failed: &[(String, String)],
) -> Value {
    let mut orphans = Vec::new();
    let mut leftovers = Vec::new();
    let mut missing = Vec::new();
    for Found { place, orphans: machines, leftovers: things, missing: absent } in found {
        orphans.extend(machines.iter().map(|orphan| {
            let instance = &orphan.instance;
            json!({
                "place": place,
                "instance_id": instance.id,
                "state": instance.state,
                "address": instance.address,
                "run": instance.tags.get(TAG_RUN),
                "owner": orphan.owner(),
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
    let failed: Vec<Value> = failed.iter().map(|(place, error)| json!({ "place": place, "error": error })).collect();
    json!({
        "schema": 1,
        "asked": asked,
        "orphans": orphans,
        "leftovers": leftovers,
        "missing": missing,
        "failed": failed,
    })
}

/// The same for people.
pub fn orphans_human<'a>(
    asked: &[String],
    found: impl Iterator<Item = &'a Found>,
    now: Timestamp,
    style: Style,
) -> String {
    let found: Vec<&Found> = found.collect();
    if found.iter().all(|found| found.is_clean()) {
        return format!(
            "no orphans in {}\n",
            if asked.is_empty() { "no place at all".to_owned() } else { asked.join(", ") }
        );
    }
    let mut text = String::new();
    let titles =
        |titles: &[&str]| -> Vec<Cell> { titles.iter().map(|&title| Cell::painted(title, style.dim(title))).collect() };
    let orphans: Vec<(&str, &Orphan)> =
        found.iter().flat_map(|found| found.orphans.iter().map(|orphan| (found.place.as_str(), orphan))).collect();
    if !orphans.is_empty() {
        let mut rows = vec![titles(&["MACHINE", "PLACE", "STATE", "AGE", "RUN", "OWNER", "WHY"])];
        rows.extend(orphans.iter().map(|(place, orphan)| machine(place, orphan, now, style)));
        text.push_str(&table(0, &rows));
    }
    let leftovers: Vec<(&str, &Leftover)> =
        found.iter().flat_map(|found| found.leftovers.iter().map(|thing| (found.place.as_str(), thing))).collect();
    if !leftovers.is_empty() {
        let mut rows = vec![titles(&["LEFT OVER", "PLACE", "RUN", "DETAIL"])];
        rows.extend(leftovers.iter().map(|(place, thing)| -> Vec<Cell> {
            let bills = if thing.bills { "" } else { " (costs nothing)" };
            let run = thing.run.clone().unwrap_or_default();
            vec![thing.to_string().into(), (*place).into(), run.into(), format!("{}{bills}", thing.detail).into()]
        }));
        text.push_str(&table(0, &rows));
    }
    for Missing { run, service, instance_id } in found.iter().flat_map(|found| &found.missing) {
        text.push_str(&format!(
            "{} {instance_id} of service {service} in run {run} is recorded and not there: hoist plan repair {run}\n",
            style.warn("missing:")
        ));
    }
    let machines = count(orphans.len(), "machine");
    if !orphans.is_empty() {
        text.push_str(&format!("{machines} that no run looks after\n"));
    }
    text
}

fn machine(place: &str, orphan: &Orphan, now: Timestamp, style: Style) -> Vec<Cell> {
    let Instance { id, state, launched_at, tags, .. } = &orphan.instance;
    let state =
        serde_json::to_value(state).ok().and_then(|state| state.as_str().map(str::to_owned)).unwrap_or_default();
    let why = match orphan.why {
        Why::LeaseOver(end) => format!("its lease ended {} ago", duration(age(end, now))),
        Why::Unused => "its run has ended, or goes on without it".to_owned(),
        Why::Unknown => "no run in this state file launched it".to_owned(),
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
