//! Where a fleet stands, for people.

use jiff::Timestamp;

use super::fleet_next::FleetNextView;
use super::fleet_standing::FleetStanding;
use super::fleet_view::kinds;
use super::machine_life::phase_word;
use super::seen_text::{seen_parts, silent_sources};
use super::sentences::{FleetPlace, decision_sentence};
use crate::report::time::{age, duration, local};
use crate::report::{Cell, Style, printable, table};
use crate::scaler::{PassRecord, WorkerPhase};

/// Renders a fleet, as of `now`.
pub fn fleet_human(standing: &FleetStanding, now: Timestamp, style: Style) -> String {
    let record = &standing.record;
    let run_by = match &standing.run_by {
        Some(holder) => format!("run by {holder}"),
        None => "nobody runs it".to_owned(),
    };
    let mut text = format!("{} is {}; {run_by}\n", style.bold(&record.id.name), paint_state(standing.state(), style));
    // What earlier passes tell has its age.
    let ago = |pass: &PassRecord| standing.ago(pass, now);
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut row = |title: &str, value: String| rows.push(vec![title.into(), printable(&value).into()]);
    let engine = standing.engine().map(|engine| format!(", engine {engine}")).unwrap_or_default();
    row("file", format!("{}{engine}, on {}", record.path.display(), standing.place()));
    let bounds = standing.bounds(now).map(|bounds| format!(" of {}", bounds.sentence())).unwrap_or_default();
    row("workers", format!("{}{bounds}", standing.live(now)));
    for (kind, phases) in kinds(standing, now) {
        let phases: Vec<String> = phases.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
        row("", format!("{kind}: {}", phases.join(", ")));
    }
    for intent in record.launching.values() {
        row("", format!("{}: {} being asked for", intent.kind, intent.names.len()));
    }
    if let Some(ended) = standing.lease_ends(now) {
        row("", ended);
    }
    match &standing.last_pass {
        None => row("last pass", "none yet".to_owned()),
        Some(pass) => {
            let last = pass.until.unwrap_or(pass.at);
            row("last pass", format!("{}, {} ago ({})", local(last), duration(age(last, now)), pass.engine));
            let mut title = "saw";
            for pass in standing.last_passes() {
                let seen = seen_parts(&pass.seen);
                if !seen.is_empty() {
                    row(title, format!("{}{}", seen.join("; "), ago(pass)));
                    title = "";
                }
            }
            let decided: Vec<String> = pass.decisions.iter().map(decision_sentence).collect();
            if decided.is_empty() {
                row("decided", "nothing".to_owned());
            }
            decided.into_iter().for_each(|decision| row("decided", decision));
            if let Some((pass, obstacle)) = standing.last_obstacle(&FleetPlace::of(record)) {
                let sentence = obstacle.sentence.lines().next().unwrap_or_default();
                row("why not", format!("{sentence}{}", ago(pass)));
                row("  try", obstacle.remedy);
            }
        }
    }
    FleetNextView::of(standing, now).rows(now).into_iter().for_each(|(title, value)| row(title, value));
    if let Some(spent) = standing.spent {
        row("spent", format!("${spent}"));
    }
    text.push_str(&table(2, &rows));
    text.push_str(&workers(standing, now, style));
    let silent = standing
        .last_passes()
        .flat_map(|pass| silent_sources(&pass.seen).into_iter().map(move |silent| format!("{silent}{}", ago(pass))));
    let silent = silent.filter(|_| standing.state() != "ended");
    for warning in silent.chain(standing.warnings(now)) {
        text.push_str(&format!("{} {}\n", style.warn("!"), printable(&warning)));
    }
    text
}

fn workers(standing: &FleetStanding, now: Timestamp, style: Style) -> String {
    let mut present: Vec<_> = standing.record.present().collect();
    // In the order of their launch.
    present.sort_by_key(|worker| (worker.launched_at, worker.name.len(), worker.name.clone()));
    if present.is_empty() {
        return String::new();
    }
    let titles = ["WORKER", "ID", "KIND", "STATE", "SINCE", "LEASE"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    for worker in present {
        let word = if standing.is_gone_by_lease(worker, now) { "gone by lease" } else { phase_word(worker.phase) };
        let painted = match worker.phase {
            WorkerPhase::Serving => style.good(word),
            WorkerPhase::Gone => style.dim(word),
            _ => style.warn(word),
        };
        rows.push(vec![
            worker.name.clone().into(),
            worker.id.to_string().into(),
            worker.kind.to_string().into(),
            Cell::painted(word, painted),
            duration(age(worker.phase_since, now)).into(),
            standing.lease_left(worker.expires_at, now).into(),
        ]);
    }
    table(2, &rows)
}

pub(super) fn paint_state(state: &str, style: Style) -> String {
    match state {
        "running" => style.good(state),
        "ended" => style.dim(state),
        _ => style.warn(state),
    }
}
