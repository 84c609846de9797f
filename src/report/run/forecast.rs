//! Forecast of a command, service by service.

use std::collections::BTreeMap;

use crate::engine::{Forecast, IfItFails, Item, PlannedAction};
use crate::report::{Cell, Style, printable, table};

/// Maximum number of services shown; the rest is counted.
const MOST_SHOWN: usize = 40;

/// Maximum number of characters shown of a value.
const WIDEST_VALUE: usize = 100;

/// Formats the forecast: a line per service that is not simply kept, with the reason, followed by changes of the plan.
pub fn forecast(forecast: &Forecast, style: Style) -> String {
    let told: Vec<&Item> = forecast.items.iter().filter(|item| is_told(item)).collect();
    if told.is_empty() {
        return format!("{}: everything stays as it is\n", forecast.run);
    }
    let mut ordered = told.clone();
    ordered.sort_by_key(|item| place(item.deed));
    let shown = &ordered[..ordered.len().min(MOST_SHOWN)];
    let rows: Vec<Vec<Cell>> = shown
        .iter()
        .map(|item| {
            let (sign, painted) = sign(item.deed, style);
            vec![Cell::painted(sign, painted), item.service.clone().into(), printable(&what(item)).into()]
        })
        .collect();
    let mut text = String::new();
    for (line, item) in table(0, &rows).lines().zip(shown) {
        text.push_str(&format!("{line}\n"));
        for difference in &item.differences {
            let side = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), short);
            let (before, after) = (side(&difference.before), side(&difference.after));
            let what = printable(&difference.what);
            text.push_str(&format!("     {}\n", style.dim(format!("{what}: {before} → {after}"))));
        }
    }
    if ordered.len() > MOST_SHOWN {
        text.push_str(&format!("… and {} more; in all {}\n", ordered.len() - MOST_SHOWN, forecast_summary(forecast)));
    }
    text
}

/// Counts the services by planned action.
pub fn forecast_summary(forecast: &Forecast) -> String {
    let mut counts: BTreeMap<usize, (usize, &str)> = BTreeMap::new();
    for item in forecast.items.iter().filter(|item| is_told(item)) {
        let word = match item.deed {
            PlannedAction::Remove => "removed",
            PlannedAction::Replace => "replaced",
            PlannedAction::Add => "added",
            PlannedAction::Raise => "raised",
            PlannedAction::Configure => "configured again",
            PlannedAction::Check => "checked again",
            PlannedAction::Accept => "recorded as ready",
            PlannedAction::Keep => "kept with other settings",
        };
        counts.entry(place(item.deed)).or_insert((0, word)).0 += 1;
    }
    let parts: Vec<String> = counts.into_values().map(|(count, word)| format!("{count} {word}")).collect();
    if parts.is_empty() { "nothing is changed".to_owned() } else { parts.join(", ") }
}

fn is_told(item: &Item) -> bool {
    item.deed != PlannedAction::Keep || item.why.is_some()
}

/// Returns the sort position of an action; removals come first.
fn place(deed: PlannedAction) -> usize {
    match deed {
        PlannedAction::Remove => 0,
        PlannedAction::Replace => 1,
        PlannedAction::Add => 2,
        PlannedAction::Raise => 3,
        PlannedAction::Configure => 4,
        PlannedAction::Check => 5,
        PlannedAction::Accept => 6,
        PlannedAction::Keep => 7,
    }
}

fn sign(deed: PlannedAction, style: Style) -> (&'static str, String) {
    match deed {
        PlannedAction::Remove => ("-", style.bad("-")),
        PlannedAction::Replace => ("~", style.warn("~")),
        PlannedAction::Add | PlannedAction::Raise => ("+", style.good("+")),
        PlannedAction::Configure => ("»", style.warn("»")),
        PlannedAction::Check | PlannedAction::Accept | PlannedAction::Keep => ("·", style.dim("·")),
    }
}

fn what(item: &Item) -> String {
    let because = |text: &str| item.why.as_ref().map_or_else(|| text.to_owned(), |why| format!("{text}: {why}"));
    let done = match item.deed {
        PlannedAction::Remove => because("removed"),
        PlannedAction::Replace => because("raised anew"),
        PlannedAction::Add => because("added"),
        PlannedAction::Raise => because("raised"),
        PlannedAction::Configure => because("its boot program runs again"),
        PlannedAction::Check => because("checked again once what comes before it is up"),
        PlannedAction::Accept => because("works: recorded as ready"),
        PlannedAction::Keep => because("checked, stays"),
    };
    let done = match (item.if_it_fails, item.deed) {
        (IfItFails::Stays, _) => done,
        (IfItFails::StaysIfStale, _) => {
            format!("{done}, and raised anew if it fails, unless what it was given is something else by then")
        }
        (IfItFails::Replaced, PlannedAction::Configure) => {
            format!("{done}; raised anew if its check fails all the same")
        }
        (IfItFails::Replaced, _) => format!("{done}, and raised anew if it fails"),
    };
    match (&item.ends, item.farewell) {
        (Some(id), true) => format!("{done}; {id} ends after its terminate program"),
        (Some(id), false) => format!("{done}; {id} ends"),
        (None, true) => format!("{done}; its terminate program runs first"),
        (None, false) => done,
    }
}

/// Formats a value on one line, truncated if too long.
fn short(value: &str) -> String {
    let value = printable(value);
    match value.char_indices().nth(WIDEST_VALUE) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}
