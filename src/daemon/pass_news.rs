use std::collections::BTreeMap;

use jiff::Timestamp;

use super::notice::News;
use crate::elastic::engine::Note;
use crate::scaler::{Asked, PassRecord};

/// What passes of one fleet have told so far, so that nothing is told twice in a row.
#[derive(Debug, Default)]
pub(super) struct PassNews {
    /// The errors of sources that did not answer in the last pass.
    failed: BTreeMap<String, String>,
    /// The remarks that hold, without their numbers, each with the sources that passes asked which made it.
    remarks: BTreeMap<String, Asked>,
    /// The cloud's words at the last refused launch. None: the last launch was not refused.
    refusal: Option<String>,
}

/// What is told of a source whose last answer is not fresh.
const STALE: &str = "its last answer is kept, and nothing is decided on old ones";

impl PassNews {
    /// Returns the sources that did not answer when they were asked last.
    pub(super) fn silent(&self) -> impl Iterator<Item = &str> {
        self.failed.keys().map(String::as_str)
    }

    /// Returns the news of a pass.
    pub(super) fn of(&mut self, pass: &PassRecord) -> Vec<News> {
        let mut news = Vec::new();
        // A source that has answered before is stale, and its error is a remark.
        let stale = pass.seen.stale.keys().map(|source| (source.clone(), STALE.to_owned()));
        let silent: BTreeMap<String, String> = stale.chain(pass.seen.failed.clone()).collect();
        for (source, error) in &silent {
            if self.failed.get(source).is_none_or(|told| wording(told) != wording(error)) {
                let until = pass.seen.answers_from.get(source);
                let until = until.and_then(|until| Timestamp::from_second(*until).ok());
                news.push(News::SourceFailed { source: source.clone(), error: error.clone(), until });
            }
        }
        // A source that was not asked has not come back.
        let answered = |source: &str| match source {
            "demand" => pass.seen.waiting.is_some() && !pass.seen.stale.contains_key(source),
            "pool" => pass.seen.hosts.is_some() && !pass.seen.stale.contains_key(source),
            "slots" => pass.seen.slots.is_some() && !pass.seen.stale.contains_key(source),
            _ => !pass.seen.failed.contains_key(source) && !pass.seen.stale.contains_key(source),
        };
        let back: Vec<String> = self.failed.keys().filter(|source| answered(source)).cloned().collect();
        for source in back {
            self.failed.remove(&source);
            news.push(News::SourceBack(source));
        }
        self.failed.extend(silent);
        news.extend(pass.decisions.iter().cloned().map(News::Decided));
        let remarks = pass.notes.iter().filter_map(|note| match note {
            Note::Remark { text } => Some(text.clone()),
            _ => None,
        });
        let remarks: BTreeMap<String, String> = remarks.map(|text| (wording(&text), text)).collect();
        let asked = pass.seen.asked();
        // One that was not made again holds until its source was asked again.
        self.remarks.retain(|wording, by| remarks.contains_key(wording) || !asked.covers(*by));
        for (wording, text) in remarks {
            match self.remarks.get_mut(&wording) {
                Some(by) => *by = by.and(asked),
                None => {
                    self.remarks.insert(wording, asked);
                    news.push(News::Remark(text));
                }
            }
        }
        let Some(outcome) = &pass.outcome else { return news };
        for refusal in &outcome.refusals {
            if self.refusal.as_ref() != Some(&refusal.reason) {
                news.push(News::Refused { machines: refusal.count, reason: refusal.reason.clone() });
            }
            self.refusal = Some(refusal.reason.clone());
        }
        if outcome.refusals.is_empty() && !outcome.launched.is_empty() {
            self.refusal = None;
        }
        if !outcome.unterminated.is_empty() {
            news.push(News::Unterminated(outcome.unterminated.clone()));
        }
        news
    }
}

/// Returns a message without its numbers, which may change from pass to pass: times and counts.
fn wording(message: &str) -> String {
    message.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elastic::engine::{Outcome, Refusal};
    use crate::scaler::Seen;

    fn pass(seen: Seen, refused: Option<&str>) -> PassRecord {
        let refusals = refused.map(|reason| Refusal { decision: 0, count: 2, reason: reason.to_owned() });
        PassRecord {
            seen,
            outcome: Some(Outcome { refusals: refusals.into_iter().collect(), ..Outcome::nothing(0) }),
            ..PassRecord::new(1, Timestamp::UNIX_EPOCH, "elastiq", (0, 3))
        }
    }

    fn down(error: &str) -> Seen {
        Seen { failed: BTreeMap::from([("demand".to_owned(), error.to_owned())]), ..Seen::default() }
    }

    #[test]
    fn a_failure_is_told_when_it_begins_changes_and_ends() {
        let mut news = PassNews::default();
        let failed = |error: &str| {
            vec![News::SourceFailed { source: "demand".to_owned(), error: error.to_owned(), until: None }]
        };
        assert_eq!(news.of(&pass(down("refused"), None)), failed("refused"));
        assert_eq!(news.of(&pass(down("refused"), None)), []);
        assert_eq!(news.silent().collect::<Vec<_>>(), ["demand"]);
        assert_eq!(news.of(&pass(down("up for 9 s"), None)), failed("up for 9 s"));
        assert_eq!(news.of(&pass(down("up for 24 s"), None)), []);
        // It was not asked.
        assert_eq!(news.of(&pass(Seen::default(), None)), []);
        let read = Seen { waiting: Some(0), ..Seen::default() };
        assert_eq!(news.of(&pass(read.clone(), None)), [News::SourceBack("demand".to_owned())]);
        assert_eq!(news.of(&pass(read, None)), []);
        assert_eq!(news.silent().next(), None);
    }

    #[test]
    fn a_source_that_had_answered_is_told_when_it_falls_silent_and_when_it_is_back() {
        let mut news = PassNews::default();
        let read = Seen { waiting: Some(3), ..Seen::default() };
        assert_eq!(news.of(&pass(read.clone(), None)), []);
        let stale = |age| Seen { stale: BTreeMap::from([("demand".to_owned(), age)]), ..Seen::default() };
        let (source, error) = ("demand".to_owned(), STALE.to_owned());
        assert_eq!(news.of(&pass(stale(5), None)), [News::SourceFailed { source, error, until: None }]);
        assert_eq!(news.of(&pass(stale(20), None)), []);
        assert_eq!(news.of(&pass(read, None)), [News::SourceBack("demand".to_owned())]);
    }

    #[test]
    fn a_remark_is_told_once_until_its_source_makes_it_no_more() {
        let mut news = PassNews::default();
        let mut told = |waiting, pool, remark: Option<&str>| {
            let seen = Seen { waiting, hosts: pool, ..Seen::default() };
            let notes = remark.map(|text| Note::Remark { text: text.to_owned() }).into_iter().collect();
            news.of(&PassRecord { notes, ..pass(seen, None) })
        };
        let remark = |text: &str| vec![News::Remark(text.to_owned())];
        assert_eq!(told(Some(1), Some(1), Some("3 jobs are held")), remark("3 jobs are held"));
        // Another source was asked, and then this one again.
        assert_eq!(told(None, Some(1), None), []);
        assert_eq!(told(Some(1), None, Some("4 jobs are held")), []);
        assert_eq!(told(None, Some(1), None), []);
        assert_eq!(told(Some(1), None, Some("the queue is old")), remark("the queue is old"));
        assert_eq!(told(Some(1), None, Some("3 jobs are held")), remark("3 jobs are held"));
    }

    #[test]
    fn a_refusal_is_told_once_for_each_reason() {
        let mut news = PassNews::default();
        let refused = |reason: &str| vec![News::Refused { machines: 2, reason: reason.to_owned() }];
        assert_eq!(news.of(&pass(Seen::default(), Some("no capacity"))), refused("no capacity"));
        assert_eq!(news.of(&pass(Seen::default(), Some("no capacity"))), []);
        assert_eq!(news.of(&pass(Seen::default(), Some("quota"))), refused("quota"));
    }
}
