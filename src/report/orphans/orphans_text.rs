//! Text on orphans: instances, other resources, and records of missing instances.

use jiff::Timestamp;

use super::audit::{Audit, AuditResult, LookedAfter, OrphanAnnex};
use crate::annex::TAG_ANNEX;
use crate::engine::{Missing, Orphan, OrphanReason, lease_end};
use crate::provider::{Instance, Leftover, TAG_RUN, TAG_STATE_FILE};
use crate::report::time::{age, duration, lease};
use crate::report::{Cell, Style, count, table};
use crate::scaler::{FleetId, fleet_of};

/// Maximum number of places named in a sentence.
const MOST_NAMED: usize = 4;

/// Formats the output of `hoist orphans` for people.
pub fn orphans_human(audit: &Audit, me: &str, now: Timestamp, style: Style) -> String {
    let spared = looked_after(audit, style);
    if audit.is_clean() {
        return match audit.found.as_slice() {
            [] => "no place could be asked\n".to_owned(),
            found => {
                let places: Vec<&str> = found.iter().map(|found| found.place.as_str()).collect();
                let clean = match places.len() {
                    0..=MOST_NAMED => format!("no orphans in {}\n", places.join(", ")),
                    many => format!("no orphans in {many} places: {}, …\n", places[..MOST_NAMED - 1].join(", ")),
                };
                format!("{spared}{clean}")
            }
        };
    }
    let mut text = spared;
    let titles =
        |titles: &[&str]| -> Vec<Cell> { titles.iter().map(|&title| Cell::painted(title, style.dim(title))).collect() };
    let state = audit.state.as_deref();
    let orphans: Vec<(&str, &Orphan)> = each(audit, |found| &found.orphans);
    let of_others = |orphan: &Orphan| orphan.owner() == Some(me) && orphan.is_elsewhere(state);
    let (apart, here): (Vec<_>, Vec<_>) = orphans.iter().partition::<Vec<(&str, &Orphan)>, _>(|(_, it)| of_others(it));
    for (title, orphans) in [("", here), ("of other state files of yours, as far as can be seen:\n", apart)] {
        if orphans.is_empty() {
            continue;
        }
        text.push_str(title);
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
    let annexes: Vec<(&str, &OrphanAnnex)> = each(audit, |found| &found.annexes);
    if !annexes.is_empty() {
        let mut rows = vec![titles(&["ANNEX", "PLACE", "OWNER", "WHY"])];
        rows.extend(annexes.iter().map(|(place, annex)| -> Vec<Cell> {
            let tag = annex.id.tag();
            let why = match annex.owner.as_deref() == Some(me) {
                _ if annex.recorded => "recorded here, and its stack is gone",
                true if !annex.remains.is_empty() => "yours, and its stack is gone",
                true if annex.is_elsewhere(state) => "yours, of another state file as far as can be seen",
                true => "yours, and not in this state file",
                false => "another user's, as far as can be seen",
            };
            let owner = annex.owner.clone().unwrap_or_default();
            vec![Cell::painted(&tag, style.bold(&tag)), (*place).into(), owner.into(), why.into()]
        }));
        text.push_str(&table(0, &rows));
        for (place, annex) in &annexes {
            let left = annex.remains.iter();
            let line = |left| format!("{} {left} in {place}, of annex {}\n", style.warn("left over:"), annex.id.tag());
            text.extend(left.map(line));
        }
    }
    let missing: Vec<(&str, &Missing)> = each(audit, |found| &found.missing);
    text.extend(missing.iter().map(|(place, missing)| absent(place, missing, style)));
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

/// Describes a recorded instance that is missing or has changed, with the command to continue.
fn absent(place: &str, missing: &Missing, style: Style) -> String {
    let Missing { run, service, instance_id, is_ending, finding, hint } = missing;
    let way_on = match (hint, is_ending) {
        (None, true) if finding.is_some() => format!("hoist plan terminate {run} tries again to end it"),
        (Some(hint), _) => format!("{hint}, or hoist plan terminate {run} --force ends it"),
        (None, true) => format!("hoist plan terminate {run} goes on without it"),
        (None, false) => format!("hoist plan repair {run} replaces it"),
    };
    let machine = format!("{instance_id} of {service} in run {run}");
    match finding {
        Some(finding) => format!("{} {machine} in {place}: {finding}; {way_on}\n", style.warn("lost hold of:")),
        None => format!("{} {machine} is not in {place} any more; {way_on}\n", style.warn("missing:")),
    }
}

/// Describes the resources that other state files on this machine look after.
fn looked_after(audit: &Audit, style: Style) -> String {
    let spared: Vec<(&str, &LookedAfter)> = each(audit, |found| &found.looked_after);
    let line = |(place, LookedAfter { what, run, state_file }): &(&str, &LookedAfter)| {
        let fleet = run.as_deref().and_then(FleetId::of_tag);
        let (launcher, command) = match (fleet, run) {
            (Some(fleet), _) => (format!(" of fleet {}", fleet.name), "hoist elastic list"),
            (None, Some(run)) => (format!(" of run {run}"), "hoist plan list"),
            (None, None) => (String::new(), "hoist plan list"),
        };
        let label = style.dim("looked after:");
        let file = state_file.display();
        format!("{label} {what}{launcher} in {place}, by the state file {file} (HOIST_STATE={file} {command})\n")
    };
    spared.iter().map(line).collect()
}

fn each<'a, T>(audit: &'a Audit, pick: impl Fn(&'a AuditResult) -> &'a Vec<T>) -> Vec<(&'a str, &'a T)> {
    audit.found.iter().flat_map(|found| pick(found).iter().map(|thing| (found.place.as_str(), thing))).collect()
}

fn machine(place: &str, orphan: &Orphan, me: &str, now: Timestamp, style: Style) -> Vec<Cell> {
    let Instance { id, state, launched_at, tags, .. } = &orphan.instance;
    let state =
        serde_json::to_value(state).ok().and_then(|state| state.as_str().map(str::to_owned)).unwrap_or_default();
    let fleet = fleet_of(&orphan.instance);
    let launcher = if fleet.is_some() { "fleet" } else { "run" };
    let why = match orphan.why {
        OrphanReason::LeaseOver(end) => format!("its lease ended {} ago", duration(age(end, now))),
        OrphanReason::Unused => format!("its {launcher} has ended, or goes on without it"),
        OrphanReason::Unknown if !tags.contains_key(TAG_RUN) && orphan.owner() == Some(me) => "yours".to_owned(),
        OrphanReason::Unknown if orphan.owner() == Some(me) => {
            format!("yours, of a {launcher} that this state file does not know")
        }
        OrphanReason::Unknown => "another user's, as far as can be seen".to_owned(),
    };
    let why = match lease_end(&orphan.instance).filter(|end| *end > now) {
        Some(end) => format!("{why}; its lease ends in {}", lease(age(now, end))),
        None => why,
    };
    let launcher =
        fleet.map_or_else(|| tags.get(TAG_RUN).cloned().unwrap_or_default(), |fleet| format!("fleet {}", fleet.name));
    let (launcher, why) = match (tags.contains_key(TAG_RUN), tags.get(TAG_ANNEX)) {
        (false, Some(annex)) => (format!("annex {annex}"), format!("{why}; no annex has this tag")),
        (false, None) => (launcher, format!("{why}; its tags name no run and no annex")),
        _ => (launcher, why),
    };
    let why = match (orphan.instance.finding(), tags.get(TAG_STATE_FILE)) {
        (Some(finding), _) => format!("{why}; {finding}"),
        (None, Some(file)) if orphan.why == OrphanReason::Unknown => {
            format!("{why}; {file} does not hold it, cannot be read, or is gone")
        }
        _ => why,
    };
    vec![
        Cell::painted(id, style.bold(id)),
        place.into(),
        state.into(),
        duration(age(*launched_at, now)).into(),
        launcher.into(),
        orphan.owner().unwrap_or_default().into(),
        why.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_is_missed_is_told_with_the_command_that_its_run_takes() {
        let missing = |is_ending, finding: Option<&str>| Missing {
            run: "demo".to_owned(),
            service: "web".to_owned(),
            instance_id: "i-1".to_owned(),
            is_ending,
            finding: finding.map(str::to_owned),
            hint: None,
        };
        let told = |missing| absent("local", &missing, Style::new(false));
        let machine = "i-1 of web in run demo";
        assert_eq!(
            told(missing(false, None)),
            format!("missing: {machine} is not in local any more; hoist plan repair demo replaces it\n")
        );
        // A run that is being terminated cannot be repaired.
        assert_eq!(
            told(missing(true, None)),
            format!("missing: {machine} is not in local any more; hoist plan terminate demo goes on without it\n")
        );
        assert_eq!(
            told(missing(true, Some("it was moved"))),
            format!(
                "lost hold of: {machine} in local: it was moved; hoist plan terminate demo tries again to end it\n"
            )
        );
        assert_eq!(
            told(missing(false, Some("it was moved"))),
            format!("lost hold of: {machine} in local: it was moved; hoist plan repair demo replaces it\n")
        );
    }
}
