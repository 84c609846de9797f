use super::fate_sentence::fate_sentence;
use super::fleet_place::FleetPlace;
use super::misfit_sentence::misfit_sentence;
use super::note_sentence::note_sentence;
use super::remedy::remedy;
use super::words::{source, time};
use crate::elastic::engine::{Fate, Limit, Note, Placement, Seconds, Share};
use crate::elastic::fleet::QueueKind;
use crate::scaler::{PassRecord, Seen};

/// What kept a pass from more, and what lifts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is, with its numbers.
    pub sentence: String,
    /// The command, the setting with its place, or the time to wait for.
    pub remedy: String,
    /// Position of the note that tells it.
    pub(in crate::report::elastic) note: usize,
    /// Position of the share of waiting jobs that it is about, in a note that places jobs.
    pub(in crate::report::elastic) share: Option<usize>,
    /// What orders obstacles: the least weighs most.
    pub(in crate::report::elastic) rank: (u8, u64),
}

/// Returns the obstacle of a pass that weighs most, as [`first_obstacle`]. A source that the queue does not have stands
/// against nothing, unless it is all that there is.
pub fn pass_obstacle(pass: &PassRecord, place: &FleetPlace<'_>) -> Option<Obstacle> {
    let notes = || pass.notes.iter().enumerate();
    let found = first_of(notes().filter(|(_, note)| !is_of_no_source(note, pass)), place);
    let obstacle = found.or_else(|| pass.decisions.is_empty().then(|| first_of(notes(), place)).flatten())?;
    let note = pass.notes.get(obstacle.note)?;
    if is_of_no_source(note, pass) {
        return Some(Obstacle { remedy: place.other_engine(&pass.engine), rank: (u8::MAX, 0), ..obstacle });
    }
    Some(match answers_from(note, &pass.seen) {
        Some((name, at)) => Obstacle {
            sentence: no_answer_before(name, at),
            remedy: format!("wait until {}; the scaler goes on by itself", time(at)),
            ..obstacle
        },
        None => obstacle,
    })
}

/// Says what a pass left undone or took note of, as [`note_sentence`], with what is known of sources without an answer.
pub(in crate::report::elastic) fn pass_note_sentence(note: &Note, seen: &Seen) -> String {
    match answers_from(note, seen) {
        Some((name, at)) => format!("held back: {}", no_answer_before(name, at)),
        None => note_sentence(note),
    }
}

/// Returns the source whose silence a note tells, and the time from which it answers by itself.
fn answers_from<'n>(note: &'n Note, seen: &Seen) -> Option<(&'n str, Seconds)> {
    let Note::Held { by: Limit::FailedReading { source } | Limit::StaleReading { source, .. } } = note else {
        return None;
    };
    Some((source, *seen.answers_from.get(source)?))
}

fn no_answer_before(name: &str, at: Seconds) -> String {
    format!("{}: no answer to go by before {}", source(name), time(at))
}

/// Whether a note says that a source was not read which did not fail either: the queue has no such thing.
pub(in crate::report::elastic) fn is_of_no_source(note: &Note, pass: &PassRecord) -> bool {
    let Note::Held { by: Limit::FailedReading { source } } = note else { return false };
    !pass.seen.failed.contains_key(source)
}

/// Returns the obstacle that weighs most among the notes of a pass: a source without a fresh answer, since then nothing
/// is decided at all; then a limit of growth; then a time that jobs must wait; then what keeps workers; then jobs that
/// no worker can run. Of limits of growth the one that allows the fewest machines: another one lifts nothing. Of equals
/// the first.
pub fn first_obstacle(notes: &[Note], place: &FleetPlace<'_>) -> Option<Obstacle> {
    first_of(notes.iter().enumerate(), place)
}

/// Does the same for notes with their positions.
fn first_of<'n>(notes: impl Iterator<Item = (usize, &'n Note)>, place: &FleetPlace<'_>) -> Option<Obstacle> {
    let ranked = notes.filter_map(|(position, note)| {
        let (rank, obstacle) = of_note(note, place)?;
        Some(Obstacle { note: position, rank: (rank, weight(note)), ..obstacle })
    });
    // The first of equal ranks.
    ranked.min_by_key(|obstacle| obstacle.rank)
}

/// Returns what orders notes of one rank: of limits of growth the number of machines that they allow; of sources
/// without an answer the queue first, since it says what is wanted.
fn weight(note: &Note) -> u64 {
    match note {
        Note::Held { by: Limit::FailedReading { source } | Limit::StaleReading { source, .. } } => {
            u64::from(!matches!(source.as_str(), "demand" | "groups"))
        }
        Note::StartLimited { allowed, .. } => u64::try_from(*allowed).unwrap_or(0),
        Note::KindLimited { allowed, .. } => *allowed,
        _ => 0,
    }
}

fn of_note(note: &Note, place: &FleetPlace<'_>) -> Option<(u8, Obstacle)> {
    let name = place.name;
    let (rank, remedy) = match note {
        Note::Held { by: by @ (Limit::FailedReading { .. } | Limit::StaleReading { .. }) } => {
            (0, remedy(by, None, 0, place))
        }
        Note::Held { by: by @ (Limit::Paused | Limit::ProgramFailed { .. }) } => (0, remedy(by, None, 0, place)),
        Note::StartLimited { wanted, allowed, by, .. } => {
            (1, remedy(by, None, u64::try_from(wanted - allowed).unwrap_or(0), place))
        }
        Note::KindLimited { kind, wanted, allowed, by, .. } => {
            (1, remedy(by, Some(kind), wanted.saturating_sub(*allowed), place))
        }
        Note::Placed(placement) => return of_placement(placement, place),
        Note::QueueWaits { allowed: 0, .. } => (3, "wait for the next pass; nothing needs to be done".to_owned()),
        Note::QueueWaits { since, allowed, .. } => {
            let due = time(since.saturating_add(*allowed));
            (3, format!("wait until {due}, or lower {}", place.setting("workers", "waiting_time")))
        }
        Note::Held { by } => (4, remedy(by, None, 0, place)),
        Note::OfferLeftOut { kind, by, .. } => (4, remedy(by, Some(kind), 0, place)),
        Note::EndPostponed { by, .. } => (5, remedy(by, None, 0, place)),
        Note::IdleKept { minimum, .. } => {
            let fewer = (minimum - 1).max(0);
            (5, format!("`hoist elastic set {name} --min {fewer}` lets one more go"))
        }
        Note::Unservable { .. } => (6, unservable(place)),
        Note::Corrected { .. } => (7, format!("correct {}, then `hoist elastic reload {name}`", place.file.display())),
        Note::Remark { .. } | Note::PlacementsOmitted { .. } | Note::Target(_) => return None,
    };
    Some((rank, Obstacle { sentence: note_sentence(note), remedy, note: 0, share: None, rank: (rank, 0) }))
}

/// Says what helps jobs that no worker can run.
fn unservable(place: &FleetPlace<'_>) -> String {
    let change = match place.queue_kind() {
        Some(QueueKind::Htcondor) => "change the jobs' requests or requirements (`condor_qedit`)",
        _ => "change what the jobs ask for",
    };
    format!("{change}, or give the fleet a kind of machine that meets it")
}

fn of_placement(placement: &Placement, place: &FleetPlace<'_>) -> Option<(u8, Obstacle)> {
    let of_share = |(position, share): (usize, &Share)| {
        let (rank, remedy) = match &share.fate {
            Fate::Limited { kind, by } => (2, remedy(by, Some(kind), 1, place)),
            Fate::Young { until } => {
                (3, format!("wait until {}, or lower {}", time(*until), place.setting("workers", "waiting_time")))
            }
            Fate::Unservable { .. } => (6, unservable(place)),
            Fate::Unknown { .. } => (6, "write the expression without what it needs".to_owned()),
            Fate::Running | Fate::Coming | Fate::DrainCancelled | Fate::New { .. } => return None,
        };
        let reasons: Vec<String> = match &share.fate {
            Fate::Unservable { kinds } | Fate::Unknown { kinds } => kinds.iter().map(misfit_sentence).collect(),
            _ => Vec::new(),
        };
        let why = if reasons.is_empty() { String::new() } else { format!("; {}", reasons.join("; ")) };
        let sentence = format!("group {}, {}{why}", placement.group, fate_sentence(share));
        Some((rank, Obstacle { sentence, remedy, note: 0, share: Some(position), rank: (rank, 0) }))
    };
    placement.shares.iter().enumerate().filter_map(of_share).min_by_key(|(rank, _)| *rank)
}
