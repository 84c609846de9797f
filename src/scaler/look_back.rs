//! What passes before the last one tell that still holds: engines with clocks of their own look at what is due.

use super::asked::Asked;
use super::pass_record::PassRecord;
use crate::elastic::engine::{Limit, Note};

/// Returns those of `passes`, oldest first, that tell what later ones and the last did not look at, newest first; each
/// with that alone.
pub fn look_back(last: &PassRecord, passes: Vec<PassRecord>) -> Vec<PassRecord> {
    let mut later = Later { asked: last.seen.asked(), waits: waits(last) };
    let mut earlier = Vec::new();
    let before = passes.into_iter().rev().filter(|pass| pass.number < last.number);
    // Another engine looked at other things.
    for pass in before.take_while(|pass| pass.engine == last.engine) {
        if later.tell_all() {
            break;
        }
        earlier.extend(later.beyond(pass, last.bounds));
    }
    earlier
}

/// Whether a pass leaves nothing to earlier ones: it asked every source, and what it tells of the queue is all.
pub fn tells_all(pass: &PassRecord) -> bool {
    Later { asked: pass.seen.asked(), waits: waits(pass) }.tell_all()
}

/// What later passes have told already.
struct Later {
    asked: Asked,
    /// Whether the queue was too long at each look, and not for long enough yet: nothing was tried, and what stood
    /// against the last try still does.
    waits: bool,
}

impl Later {
    fn tell_all(&self) -> bool {
        self.asked.is_all() && !self.waits
    }

    /// Takes in an earlier pass, and returns it with what it alone tells. None: nothing.
    fn beyond(&mut self, pass: PassRecord, bounds: (u32, u32)) -> Option<PassRecord> {
        let asked = pass.seen.asked();
        let is_try = self.asked.queue && self.waits && pass.seen.waiting.is_some() && !waits(&pass);
        let same_limits = pass.bounds == bounds;
        let holds = |note: &Note| {
            let Some(source) = Asked::told_by(note) else { return false };
            let is_last = !self.asked.covers(source);
            let is_limited = matches!(note, Note::StartLimited { .. } | Note::KindLimited { .. });
            let is_by_bounds = is_limited || matches!(note, Note::IdleKept { .. });
            let is_of_try = is_try && source.queue && is_limited;
            (is_last || is_of_try) && (same_limits || !is_by_bounds)
        };
        let notes: Vec<Note> = pass.notes.iter().filter(|note| holds(note)).cloned().collect();
        if !self.asked.queue && asked.queue {
            self.waits = waits(&pass);
        } else if is_try {
            self.waits = false;
        }
        let (before, all) = (self.asked, self.asked.or(asked));
        self.asked = all;
        let tells = all != before || !notes.is_empty();
        tells.then(|| PassRecord { seen: pass.seen.beyond(before), notes, ..pass })
    }
}

/// Whether the engine found the queue too long, and not for long enough to try a launch.
fn waits(pass: &PassRecord) -> bool {
    pass.notes.iter().any(|note| matches!(note, Note::QueueWaits { .. }))
}

impl Asked {
    /// Returns the source by a look at which a note was made: it holds until the next look. None: what it tells is of
    /// its own pass alone, or is told by every pass for as long as it holds.
    fn told_by(note: &Note) -> Option<Self> {
        match note {
            Note::Held { by: Limit::FailedReading { source } | Limit::StaleReading { source, .. } } => {
                Some(Self::of(source))
            }
            Note::StartLimited { reason, .. } | Note::KindLimited { reason, .. } => Some(match reason.as_str() {
                "queue" | "waiting_jobs" => Self::QUEUE,
                "min" | "min_idle" => Self::POOL,
                _ => Self::CLOUD,
            }),
            Note::QueueWaits { .. } | Note::Unservable { .. } => Some(Self::QUEUE),
            Note::Placed(_) | Note::PlacementsOmitted { .. } => Some(Self::QUEUE),
            Note::IdleKept { .. } | Note::EndPostponed { .. } => Some(Self::POOL),
            Note::Held { .. }
            | Note::OfferLeftOut { .. }
            | Note::Corrected { .. }
            | Note::Remark { .. }
            | Note::Target(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::scaler::Seen;

    fn pass(number: u64, seen: Seen, notes: Vec<Note>) -> PassRecord {
        let at = Timestamp::from_second(number.cast_signed()).unwrap();
        PassRecord { seen, notes, ..PassRecord::new(number, at, "elastiq", (0, 3)) }
    }

    fn cloud() -> Seen {
        Seen { machines: [("running".to_owned(), 2)].into(), ..Seen::default() }
    }

    fn queue(waiting: u64) -> Seen {
        Seen { waiting: Some(waiting), ..cloud() }
    }

    fn pool() -> Seen {
        Seen { hosts: Some(2), busy: Some(1), ..cloud() }
    }

    /// What is seen without the machines, of which the last pass tells.
    fn bare(seen: Seen) -> Seen {
        Seen { machines: Default::default(), ..seen }
    }

    fn limited() -> Note {
        let by = Limit::Maximum { maximum: 3, live: 3 };
        Note::StartLimited { reason: "queue".into(), wanted: 5, allowed: 0, by }
    }

    fn too_short() -> Note {
        Note::QueueWaits { excess: 9, since: 1, allowed: 40 }
    }

    fn kept() -> Note {
        Note::IdleKept { idle: 2, ended: 0, minimum: 2 }
    }

    #[test]
    fn each_source_is_told_by_the_last_pass_that_asked_it() {
        let passes =
            [pass(1, pool(), vec![]), pass(2, queue(8), vec![]), pass(3, queue(9), vec![]), pass(4, cloud(), vec![])];
        let told = look_back(&passes[3], passes.to_vec());
        assert_eq!(told, [pass(3, bare(queue(9)), vec![]), pass(1, bare(pool()), vec![])]);
        // Nothing of another engine's.
        let other = PassRecord { engine: "queuelen".to_owned(), ..pass(5, cloud(), vec![]) };
        assert_eq!(look_back(&other, passes.to_vec()), []);
        assert_eq!(look_back(&passes[2], passes[..1].to_vec()).len(), 1);
    }

    #[test]
    fn a_later_look_of_the_same_kind_ends_what_an_earlier_one_was_held_back_by() {
        let all = Seen { waiting: Some(9), ..pool() };
        let paused = Note::Held { by: Limit::Paused };
        let first = pass(1, all.clone(), vec![paused, limited(), kept()]);
        // The pool was looked at again, and the queue was not.
        let told = look_back(&pass(2, pool(), vec![]), vec![first.clone()]);
        let queue_alone = Seen { waiting: Some(9), ..Seen::default() };
        assert_eq!(told, [pass(1, queue_alone, vec![limited()])]);
        // Both were.
        assert_eq!(look_back(&pass(2, all, vec![]), vec![first.clone()]), []);
        // Other limits hold since.
        let raised = PassRecord { bounds: (0, 9), ..pass(2, cloud(), vec![]) };
        assert_eq!(look_back(&raised, vec![first]).iter().flat_map(|pass| &pass.notes).next(), None);
        // They change nothing about how long a queue has waited.
        let waiting = pass(1, queue(9), vec![too_short()]);
        let lowered = PassRecord { bounds: (0, 1), ..pass(2, cloud(), vec![]) };
        assert_eq!(look_back(&lowered, vec![waiting])[0].notes, [too_short()]);
        // A source that was silent is so until it is asked again.
        let silence = Note::Held { by: Limit::FailedReading { source: "pool".to_owned() } };
        let failed = Seen { failed: [("pool".to_owned(), "refused".to_owned())].into(), ..cloud() };
        let silent = pass(1, failed, vec![silence.clone()]);
        assert_eq!(look_back(&pass(2, queue(9), vec![]), vec![silent])[0].notes, [silence]);
    }

    #[test]
    fn what_stood_against_the_last_try_is_told_until_the_next() {
        let tried = pass(1, queue(9), vec![limited()]);
        let waits = |number| pass(number, queue(9), vec![too_short()]);
        let last = pass(4, cloud(), vec![]);
        let told = look_back(&last, vec![tried.clone(), waits(2), waits(3), last.clone()]);
        let of_queue = pass(3, bare(queue(9)), vec![too_short()]);
        assert_eq!(told, [of_queue, pass(1, Seen::default(), vec![limited()])]);
        assert_eq!(look_back(&waits(2), vec![tried.clone()]), [pass(1, Seen::default(), vec![limited()])]);
        assert!(!tells_all(&waits(2)) && tells_all(&pass(2, Seen { waiting: Some(0), ..pool() }, vec![])));
        // A look that found the queue short enough comes between, and so does a try that nothing stood against.
        for between in [pass(2, queue(0), vec![]), pass(2, queue(9), vec![])] {
            assert_eq!(look_back(&waits(3), vec![tried.clone(), between]), []);
        }
        // A look without an answer does not.
        let silent = Seen { failed: [("demand".to_owned(), "refused".to_owned())].into(), ..cloud() };
        assert_eq!(look_back(&waits(3), vec![tried, pass(2, silent, vec![])]).len(), 1);
    }
}
