//! A pass for people: what was seen, decided, left undone and why, and what lifts it.

use std::borrow::Cow;

use jiff::Timestamp;

use super::fleet_standing::FleetStanding;
use super::seen_text::{seen_parts, silent_sources};
use super::sentences::{FleetPlace, Obstacle, decision_sentence, is_of_no_source, pass_note_sentence, pass_obstacle};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::{Note, Outcome};
use crate::report::time::local;
use crate::report::{Style, printable};
use crate::scaler::{FleetPhase, PassRecord, Seen};

/// Renders a pass: a heading, then a line for each thing, and at last what held it back.
pub fn pass_human(pass: &PassRecord, place: &FleetPlace<'_>, style: Style) -> String {
    let told = Told { obstacle: pass_obstacle(pass, place), ..Told::default() };
    render(pass, &told, style)
}

/// Renders the last pass of a fleet with what earlier passes alone tell, which has its age, and the obstacle of them
/// all that weighs most. None: it has made no pass yet.
pub fn latest_human(standing: &FleetStanding, place: &FleetPlace<'_>, now: Timestamp, style: Style) -> Option<String> {
    let last = standing.last_pass.as_ref()?;
    if standing.record.phase == FleetPhase::Ended {
        return Some(pass_human(last, place, style));
    }
    let mut told = Told { waiting: standing.last_passes().find_map(|pass| pass.seen.waiting), ..Told::default() };
    for pass in &standing.earlier {
        let ago = standing.ago(pass, now);
        let seen = seen_parts(&pass.seen);
        told.seen.extend((!seen.is_empty()).then(|| format!("{}{ago}", seen.join("; "))));
        told.seen.extend(silent_sources(&pass.seen).into_iter().map(|silent| format!("{silent}{ago}")));
    }
    if let Some((pass, obstacle)) = standing.last_obstacle(place) {
        (told.of_earlier, told.ago) = (pass.number != last.number, standing.ago(pass, now));
        told.obstacle = Some(obstacle);
    }
    Some(render(last, &told, style))
}

/// What is told with a pass.
#[derive(Default)]
struct Told {
    /// What earlier passes saw, a line each.
    seen: Vec<String>,
    /// Number of waiting jobs, as last seen.
    waiting: Option<u64>,
    /// The obstacle that weighs most.
    obstacle: Option<Obstacle>,
    /// Whether it is an earlier pass's, and how long ago that was.
    of_earlier: bool,
    ago: String,
}

fn render(pass: &PassRecord, told: &Told, style: Style) -> String {
    let alike = match (pass.repeats, pass.until) {
        (0, _) => String::new(),
        (repeats, until) => format!(
            ", and {repeats} more alike{}",
            until.map(|until| format!(" until {}", local(until))).unwrap_or_default()
        ),
    };
    let mut text = format!("{} {} at {}{alike}\n", style.bold("pass"), style.bold(pass.number), local(pass.at));
    let mut line = |title: &str, sentence: &str| {
        for (position, part) in sentence.lines().enumerate() {
            let title = if position == 0 { title } else { "" };
            text.push_str(&format!("  {title:<9}{}\n", printable(part)));
        }
    };
    let mut seen = seen_parts(&pass.seen);
    seen.push(allowed(pass.bounds));
    line("saw", &seen.join("; "));
    silent_sources(&pass.seen).iter().chain(&told.seen).for_each(|seen| line("", seen));
    match pass.decisions.as_slice() {
        [] => line("decided", &format!("nothing ({})", pass.engine)),
        decisions => {
            for (position, decision) in decisions.iter().enumerate() {
                line(if position == 0 { "decided" } else { "" }, &decision_sentence(decision));
            }
        }
    }
    if let Some(outcome) = pass.outcome.as_ref().and_then(outcome_sentence) {
        line("came", &outcome);
    }
    let own = told.obstacle.as_ref().filter(|_| !told.of_earlier);
    for (position, sentence) in noted(pass, own).iter().enumerate() {
        line(if position == 0 { "noted" } else { "" }, sentence);
    }
    match &told.obstacle {
        Some(obstacle) => {
            let sentence = obstacle.sentence.lines().next().unwrap_or_default();
            line("why not", &format!("{sentence}{}", told.ago));
            line("  try", &obstacle.remedy);
        }
        None if pass.decisions.is_empty() => {
            let seen = Seen { waiting: pass.seen.waiting.or(told.waiting), ..pass.seen.clone() };
            line("why not", &nothing_to_do(&PassRecord { seen, ..pass.clone() }));
        }
        None => {}
    }
    text
}

/// Says what a pass left undone or took note of, each sentence once, without what is told as its obstacle.
fn noted(pass: &PassRecord, obstacle: Option<&Obstacle>) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for (position, note) in pass.notes.iter().enumerate() {
        if matches!(note, Note::Target(_)) || is_of_no_source(note, pass) {
            continue;
        }
        let told = match (note, obstacle.filter(|obstacle| obstacle.note == position)) {
            (note, None) => Cow::Borrowed(note),
            (Note::Placed(placement), Some(Obstacle { share: Some(share), .. })) if placement.shares.len() > 1 => {
                let mut rest = placement.clone();
                rest.shares.remove(*share);
                Cow::Owned(Note::Placed(rest))
            }
            (_, Some(_)) => continue,
        };
        let sentence = pass_note_sentence(&told, &pass.seen);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// Says which numbers of workers are allowed: `1 to 3 workers are allowed`.
fn allowed((min, max): (u32, u32)) -> String {
    let verb = if (min, max) == (1, 1) { "is" } else { "are" };
    format!("{} {verb} allowed", workers_between(min, max))
}

/// Names a span of numbers of workers: `1 to 3 workers`, `exactly 2 workers`.
pub(super) fn workers_between(min: u32, max: u32) -> String {
    match (min, max) {
        (0, 0) => "0 workers".to_owned(),
        (min, max) if min == max => format!("exactly {}", counted(max, "worker")),
        (min, max) => format!("{min} to {max} workers"),
    }
}

/// Says what came of the decisions; none if nothing was called.
pub(super) fn outcome_sentence(outcome: &Outcome) -> Option<String> {
    let mut parts = Vec::new();
    let ids =
        |ids: &[crate::elastic::engine::MachineId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !outcome.launched.is_empty() {
        let launched: Vec<_> = outcome.launched.iter().map(|launched| launched.machine.clone()).collect();
        parts.push(format!("launched {}", ids(&launched)));
    }
    if outcome.refused > 0 {
        let reasons: Vec<&str> = outcome.refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
        let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
        parts.push(format!("{} refused{why}", counted(outcome.refused, "launch")));
    }
    for (word, machines) in [
        ("ended", &outcome.terminated),
        ("could not be ended:", &outcome.unterminated),
        ("draining", &outcome.drained),
        ("accepting work again:", &outcome.resumed),
    ] {
        if !machines.is_empty() {
            parts.push(format!("{word} {}", ids(machines)));
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Says why a pass without decisions and obstacles had nothing to do, by the rule of its engine.
pub(super) fn nothing_to_do(pass: &PassRecord) -> String {
    match (pass.engine.as_str(), pass.seen.waiting) {
        ("command", _) => "your program decided nothing".to_owned(),
        ("queuelen", Some(0)) if pass.seen.machines.is_empty() => {
            "there is nothing to do: no job waits, and there is no worker".to_owned()
        }
        ("queuelen", Some(length)) => format!(
            "the queue's length of {length} asks for no change: it is not above the high mark, and not below the low \
             mark with a worker that may go"
        ),
        ("coalition", Some(waiting @ 1..)) => {
            let wait = agreeing(waiting, "waits", "wait");
            format!(
                "there is nothing to do: {} {wait}, and no fewer workers count against that",
                counted(waiting, "job")
            )
        }
        ("elastiq", None) => {
            "there was nothing to do in this pass: the engine looks at its queue, its pool and its machines at times \
             of their own"
                .to_owned()
        }
        ("npreserving", _) | (_, None) => {
            "there is nothing to do: the fleet has the workers that it is to have".to_owned()
        }
        (_, Some(0)) => {
            "there is nothing to do: no job waits, and every worker is in use, within its idle time, or part of the \
             minimum"
                .to_owned()
        }
        (_, Some(_)) => {
            "there is nothing to do: what waits has room in the pool or on workers that are on the way".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::scaler::Seen;

    #[test]
    fn each_engine_says_by_its_own_rule_why_nothing_was_to_do() {
        let said = |engine: &str, waiting, running| {
            let machines = (running > 0).then(|| ("running".to_owned(), running));
            nothing_to_do(&PassRecord {
                seen: Seen { waiting, machines: machines.into_iter().collect(), ..Seen::default() },
                ..PassRecord::new(1, Timestamp::UNIX_EPOCH, engine, (0, 3))
            })
        };
        for (engine, waiting, running, part) in [
            ("command", Some(3), 0, "your program decided nothing"),
            ("queuelen", Some(3), 1, "the queue's length of 3 asks for no change: it is not above the high mark"),
            ("queuelen", Some(0), 0, "no job waits, and there is no worker"),
            ("coalition", Some(2), 2, "2 jobs wait, and no fewer workers count against that"),
            ("coalition", Some(0), 2, "no job waits, and every worker is in use"),
            ("npreserving", None, 2, "the fleet has the workers that it is to have"),
            ("classad", Some(2), 2, "what waits has room in the pool"),
        ] {
            let sentence = said(engine, waiting, running);
            assert!(sentence.contains(part), "{engine}: {sentence}");
        }
    }
}
