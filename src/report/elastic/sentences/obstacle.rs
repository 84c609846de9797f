use super::fate_sentence::fate_sentence;
use super::fleet_place::FleetPlace;
use super::misfit_sentence::misfit_sentence;
use super::note_sentence::note_sentence;
use super::remedy::remedy;
use super::words::time;
use crate::elastic::engine::{Fate, Limit, Note};
use crate::scaler::PassRecord;

/// What kept a pass from more, and what lifts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is, with its numbers.
    pub sentence: String,
    /// The command, the setting with its place, or the time to wait for.
    pub remedy: String,
}

/// Returns the obstacle of a pass that weighs most, as [`first_obstacle`]. A source that the queue does not have stands
/// against nothing, unless it is all that there is.
pub fn pass_obstacle(pass: &PassRecord, place: &FleetPlace<'_>) -> Option<Obstacle> {
    let notes: Vec<Note> = pass.notes.iter().filter(|note| !is_of_no_source(note, pass)).cloned().collect();
    first_obstacle(&notes, place).or_else(|| {
        let none = pass.decisions.is_empty();
        none.then(|| first_obstacle(&pass.notes, place)).flatten()
    })
}

/// Whether a note says that a source was not read which did not fail either: the queue has no such thing.
pub(in crate::report::elastic) fn is_of_no_source(note: &Note, pass: &PassRecord) -> bool {
    let Note::Held { by: Limit::FailedReading { source } } = note else { return false };
    !pass.seen.failed.contains_key(source)
}

/// Returns the obstacle that weighs most among the notes of a pass: a source without a fresh answer, since then nothing
/// is decided at all; then a limit of growth; then a time that jobs must wait; then what keeps workers; then jobs that
/// no worker can run. Of equals the first.
pub fn first_obstacle(notes: &[Note], place: &FleetPlace<'_>) -> Option<Obstacle> {
    let ranked = notes.iter().filter_map(|note| of_note(note, place));
    // The first of equal ranks.
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, obstacle)| obstacle)
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
        Note::Unservable { .. } => (6, UNSERVABLE.to_owned()),
        Note::Corrected { .. } => (7, format!("correct {}, then `hoist elastic reload {name}`", place.file.display())),
        Note::Remark { .. } | Note::PlacementsOmitted { .. } | Note::Target(_) => return None,
    };
    Some((rank, Obstacle { sentence: note_sentence(note), remedy }))
}

/// What helps jobs that no worker can run.
const UNSERVABLE: &str =
    "change the jobs' requests or requirements (`condor_qedit`), or give the fleet a kind of machine that meets them";

fn of_placement(placement: &crate::elastic::engine::Placement, place: &FleetPlace<'_>) -> Option<(u8, Obstacle)> {
    let of_share = |share: &crate::elastic::engine::Share| {
        let (rank, remedy) = match &share.fate {
            Fate::Limited { kind, by } => (2, remedy(by, Some(kind), 1, place)),
            Fate::Young { until } => {
                (3, format!("wait until {}, or lower {}", time(*until), place.setting("workers", "waiting_time")))
            }
            Fate::Unservable { .. } => (6, UNSERVABLE.to_owned()),
            Fate::Unknown { .. } => (6, "write the expression without what it needs".to_owned()),
            Fate::Running | Fate::Coming | Fate::DrainCancelled | Fate::New { .. } => return None,
        };
        let reasons: Vec<String> = match &share.fate {
            Fate::Unservable { kinds } | Fate::Unknown { kinds } => kinds.iter().map(misfit_sentence).collect(),
            _ => Vec::new(),
        };
        let why = if reasons.is_empty() { String::new() } else { format!("; {}", reasons.join("; ")) };
        Some((rank, Obstacle { sentence: format!("{}{why}", fate_sentence(share)), remedy }))
    };
    placement.shares.iter().filter_map(of_share).min_by_key(|(rank, _)| *rank)
}
