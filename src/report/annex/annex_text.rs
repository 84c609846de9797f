//! Status of an annex: for people, and as ClassAds for HTCondor's own tools.

use crate::annex::{AnnexStatus, Dollars, MemberIssue, Row, annex_ad, annex_words, instance_ads, instance_word};
use crate::classad::old_ads;
use crate::provider::InstanceState;
use crate::report::time::{age, duration, local};
use crate::report::{Cell, Style, count, printable, table};

/// Maximum width of a table, in columns.
const WIDEST: usize = 100;

/// Columns of the table; [`DISPENSABLE`] ones are dropped from one that is too wide. The document has all of them.
const COLUMNS: [&str; 8] = ["INSTANCE", "STATE", "TYPE", "ZONE", "PRICE/H", "AGE", "SLOTS", "POOL"];
const DISPENSABLE: [&str; 2] = ["ZONE", "PRICE/H"];

/// Formats the status of an annex as ClassAds: one of the annex, one of each instance.
pub fn annex_classads(status: &AnnexStatus) -> String {
    let mut ads = vec![annex_ad(status)];
    ads.extend(instance_ads(status));
    old_ads(&ads)
}

/// Formats the status of an annex for people.
pub fn annex_human(status: &AnnexStatus, style: Style) -> String {
    let (state, reason) = annex_words(&status.seen.state);
    let running = status.rows.iter().filter(|row| row.instance.state == InstanceState::Running).count();
    let wanted = count(status.seen.wanted, "instance");
    let name = style.bold(&status.id.name);
    let mut text = format!("{name} is {}: {running} of {wanted} running{}\n", paint_state(state, style), lease(status));
    if let Some(reason) = reason.or_else(|| status.seen.trouble.clone()) {
        text.push_str(&format!("{} {}\n", style.bad("!"), printable(&reason)));
    }
    text.extend(price(status));
    if !status.rows.is_empty() {
        text.push_str(&instances(status, style));
    }
    for (why, instances) in failures(status) {
        let verb = if instances.len() == 1 { "is" } else { "are" };
        text.push_str(&format!("{} {} {verb} not in the pool: {why}\n", style.warn("!"), some(&instances)));
    }
    if status.late_unasked > 0 {
        let more = count(status.late_unasked, "more instance");
        text.push_str(&format!("{} {more} not in the pool, and not asked why\n", style.warn("!")));
    }
    let logs = format!("`hoist annex logs {}` tells why", status.id.name);
    for (mark, what, hint) in [
        (MemberIssue::NotJoined, "running, and not in the pool", logs.as_str()),
        (MemberIssue::Astray, "in none of its groups", "nothing replaces it, and it ends with the annex"),
        (MemberIssue::Gone, "ended, with slots that the pool still has", "it forgets them within minutes"),
    ] {
        let marked: Vec<&str> =
            status.rows.iter().filter(|row| row.mark == Some(mark)).map(|row| row.instance.id.as_str()).collect();
        if !marked.is_empty() {
            text.push_str(&format!("{} {what}: {}; {hint}\n", style.warn("!"), some(&marked)));
        }
    }
    for stray in &status.strays {
        let machine = match (&stray.instance, stray.address) {
            (Some(id), _) => format!("{} is no instance of it", printable(id)),
            (None, Some(address)) => format!("a machine at {address} that says no instance id is none of it"),
            (None, None) => "a machine without id and address is none of it".to_owned(),
        };
        let slots = count(stray.slots.names.len(), "slot");
        text.push_str(&format!("{} {machine}, and has {slots} of it in the pool\n", style.warn("!")));
    }
    text
}

/// Tells what the living instances cost an hour at this moment, as far as it is known, and what is not counted, in
/// lines that are not too long.
fn price(status: &AnnexStatus) -> Option<String> {
    let known_of = |spot: bool| {
        let rows = status.rows.iter().filter(move |row| row.instance.spot == spot && !row.instance.state.is_gone());
        let known: Vec<Dollars> = rows.filter_map(|row| row.instance.price).collect();
        let sum = known.iter().try_fold(Dollars::default(), |sum, price| sum.plus(*price))?;
        (sum > Dollars::default()).then_some((known.len(), sum))
    };
    let spot = known_of(true).map(|(number, sum)| {
        format!("{} at {sum} an hour in all, at the present spot price", count(number, "spot instance"))
    });
    let on_demand = known_of(false)
        .map(|(number, sum)| format!("{} on demand at {sum} an hour in all, as was said", count(number, "instance")));
    let mut parts: Vec<String> = spot.into_iter().chain(on_demand).collect();
    match status.disks {
        Some(disks) if disks > Dollars::default() => parts.push(format!("all disks at {disks} an hour")),
        None if !parts.is_empty() => parts.push("disks are not counted".to_owned()),
        _ => {}
    }
    let lines = parts.into_iter().fold(Vec::<String>::new(), |mut lines, part| {
        match lines.last_mut().filter(|line| line.len() + part.len() < WIDEST) {
            Some(line) => *line = format!("{line}; {part}"),
            None => lines.push(format!("  {part}")),
        }
        lines
    });
    (!lines.is_empty()).then(|| lines.join("\n") + "\n")
}

fn instances(status: &AnnexStatus, style: Style) -> String {
    let rows: Vec<[String; 8]> = status.rows.iter().map(|row| cells(status, row)).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|cells| cells[column].chars().count());
        cells.chain([COLUMNS[column].len()]).max().unwrap_or_default() + 2
    };
    let mut shown: Vec<usize> = (0..COLUMNS.len()).collect();
    for column in DISPENSABLE {
        // The table is indented by two spaces, and its columns are two spaces apart.
        if shown.iter().map(|&column| width(column)).sum::<usize>() > WIDEST {
            shown.retain(|&index| COLUMNS[index] != column);
        }
    }
    let mut lines: Vec<Vec<Cell>> =
        vec![shown.iter().map(|&column| Cell::painted(COLUMNS[column], style.dim(COLUMNS[column]))).collect()];
    lines.extend(rows.iter().zip(&status.rows).map(|(cells, row)| {
        let paint = |column: usize| match (COLUMNS[column], row.mark) {
            ("STATE", _) => paint_state(&cells[column], style),
            ("POOL", Some(_)) => style.warn(&cells[column]),
            _ => cells[column].clone(),
        };
        shown.iter().map(|&column| Cell::painted(&cells[column], paint(column))).collect()
    }));
    table(2, &lines)
}

fn cells(status: &AnnexStatus, row: &Row) -> [String; 8] {
    let instance = &row.instance;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let market = if instance.spot { " spot" } else { "" };
    let pool = match (&row.slots, row.mark) {
        (Some(slots), Some(MemberIssue::Gone)) => format!("{} (gone)", slots.state),
        (Some(slots), Some(MemberIssue::Astray)) => format!("{}/{} (astray)", slots.state, slots.activity),
        (None, Some(MemberIssue::Astray)) => "astray".to_owned(),
        (Some(slots), _) => format!("{}/{}", slots.state, slots.activity),
        (None, Some(_)) => "not joined".to_owned(),
        (None, None) => "-".to_owned(),
    };
    [
        printable(&instance.id),
        instance_word(instance.state).to_owned(),
        or_dash(instance.instance_type.clone()),
        or_dash(instance.zone.clone()),
        or_dash(instance.price.map(|price| format!("{price}{market}"))),
        duration(age(instance.launched_at, status.now)),
        or_dash(row.slots.as_ref().map(|slots| format!("{}/{}", slots.claimed, slots.count))),
        printable(&pool),
    ]
}

fn paint_state(state: &str, style: Style) -> String {
    match state {
        "settled" | "running" => style.good(state),
        "failed" | "delete-failed" => style.bad(state),
        "ended" | "ending" | "deleting" | "pending" => style.dim(state),
        _ => style.warn(state),
    }
}

fn lease(status: &AnnexStatus) -> String {
    let Some(end) = status.seen.expires_at else { return String::new() };
    if end <= status.now {
        return format!("; its lease ended at {}, {} ago", local(end), duration(age(end, status.now)));
    }
    format!("; its lease ends at {}, in {}", local(end), crate::report::time::lease(age(status.now, end)))
}

/// Returns what instances tell of why they are not in the pool, each with those that tell it.
fn failures(status: &AnnexStatus) -> Vec<(String, Vec<&str>)> {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for (row, failure) in status.rows.iter().filter_map(|row| Some((row, row.failure.as_ref()?))) {
        let (id, why) = (row.instance.id.as_str(), printable(&failure.to_string()));
        match told.iter_mut().find(|(known, _)| *known == why) {
            Some((_, instances)) => instances.push(id),
            None => told.push((why, vec![id])),
        }
    }
    told
}

/// Lists the first few names.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let first = names.iter().take(SHOWN).map(|name| printable(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
