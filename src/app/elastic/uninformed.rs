use crate::elastic::engine::{Limit, Note};
use crate::scaler::PassRecord;

/// Whether a pass lacked what the engine decides by: a source did not answer, not lately, or not what the engine asks;
/// or the program that decides failed.
pub(super) fn is_uninformed(pass: &PassRecord) -> bool {
    let lacks = |limit: &Limit| {
        matches!(limit, Limit::FailedReading { .. } | Limit::StaleReading { .. } | Limit::ProgramFailed { .. })
    };
    let is_held = |note: &Note| match note {
        Note::Held { by } | Note::StartLimited { by, .. } => lacks(by),
        _ => false,
    };
    !pass.seen.failed.is_empty() || !pass.seen.stale.is_empty() || pass.notes.iter().any(is_held)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::scaler::Seen;

    #[test]
    fn a_silent_source_an_empty_answer_and_a_failed_program_leave_a_pass_uninformed() {
        let pass = |seen: Seen, notes: Vec<Note>| PassRecord {
            seen,
            notes,
            ..PassRecord::new(1, Timestamp::UNIX_EPOCH, "elastiq", (0, 3))
        };
        let noted = |by: Limit| is_uninformed(&pass(Seen::default(), vec![Note::Held { by }]));
        assert!(noted(Limit::FailedReading { source: "demand".to_owned() }));
        assert!(noted(Limit::StaleReading { source: "pool".to_owned(), age: 9, allowed: 5 }));
        assert!(noted(Limit::ProgramFailed { error: "it ended with 1".to_owned() }));
        assert!(!noted(Limit::Paused));
        let stale = Seen { stale: BTreeMap::from([("demand".to_owned(), 5)]), ..Seen::default() };
        assert!(is_uninformed(&pass(stale, Vec::new())));
        let failed = Seen { failed: BTreeMap::from([("demand".to_owned(), "x".to_owned())]), ..Seen::default() };
        assert!(is_uninformed(&pass(failed, Vec::new())));
        assert!(!is_uninformed(&pass(Seen::default(), Vec::new())));
    }
}
