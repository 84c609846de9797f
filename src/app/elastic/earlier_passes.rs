use crate::scaler::{FleetId, PassRecord};
use crate::state::{PassQuery, StateError, StateFile};

/// Most passes that are searched for one that asked a source: engines with clocks of their own ask what is due.
const SEARCHED: usize = 100;

/// Returns the passes before the last one that tell what later ones did not ask, newest first; each with what it tells
/// of these sources alone.
///
/// # Errors
/// The passes cannot be read.
pub(super) fn earlier_passes(
    state: &StateFile,
    fleet: &FleetId,
    last: &PassRecord,
) -> Result<Vec<PassRecord>, StateError> {
    match last.seen.asked().is_all() {
        true => Ok(Vec::new()),
        false => Ok(beyond(last, state.fleet_passes(fleet, &PassQuery::Newest(SEARCHED))?)),
    }
}

/// Returns those of `passes`, oldest first, that tell what later ones and the last did not ask, newest first.
fn beyond(last: &PassRecord, passes: Vec<PassRecord>) -> Vec<PassRecord> {
    let mut asked = last.seen.asked();
    let mut earlier = Vec::new();
    let before = passes.into_iter().rev().filter(|pass| pass.number < last.number);
    // Another engine asked for other things.
    for pass in before.take_while(|pass| pass.engine == last.engine) {
        let all = asked.or(pass.seen.asked());
        if all != asked {
            earlier.push(PassRecord { seen: pass.seen.beyond(asked), ..pass });
            asked = all;
        }
        if asked.is_all() {
            break;
        }
    }
    earlier
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::scaler::Seen;

    #[test]
    fn each_source_is_told_by_the_last_pass_that_asked_it() {
        let machines = || [("running".to_owned(), 2)].into();
        let pass = |number: u64, engine: &str, seen: Seen| {
            let at = Timestamp::from_second(number.cast_signed()).unwrap();
            PassRecord { seen, ..PassRecord::new(number, at, engine, (0, 3)) }
        };
        let cloud = || Seen { machines: machines(), ..Seen::default() };
        let queue = |waiting| Seen { waiting: Some(waiting), ..cloud() };
        let pool = || Seen { hosts: Some(2), busy: Some(1), ..cloud() };
        let passes = vec![
            pass(1, "elastiq", pool()),
            pass(2, "elastiq", queue(8)),
            pass(3, "elastiq", queue(9)),
            pass(4, "elastiq", cloud()),
        ];
        let told = beyond(&passes[3], passes.clone());
        let bare = |seen: Seen| Seen { machines: Default::default(), ..seen };
        assert_eq!(told, [pass(3, "elastiq", bare(queue(9))), pass(1, "elastiq", bare(pool()))]);
        // Nothing of another engine's.
        assert_eq!(beyond(&pass(5, "queuelen", cloud()), passes.clone()), []);
        assert_eq!(beyond(&passes[2], passes[..1].to_vec()).len(), 1);
    }
}
