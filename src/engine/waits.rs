//! Reports of a host that does not answer while it is waited for: on changes, and at intervals.

use std::time::Duration;

use tokio::time::Instant;

use crate::provider::{Awaited, Complaint};

/// How long a wait goes unreported: instances that come up need some seconds, which is no news.
const SILENCE: Duration = Duration::from_secs(5);

/// How often an unchanged wait is reported again: often enough to see that it goes on.
const AGAIN: Duration = Duration::from_secs(60);

/// A wait for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The subject of the wait: `SSH on 10.0.0.1:22`.
    pub what: String,
    /// The reason why it has not come: `timed out`.
    pub why: String,
    /// The number of tries.
    pub tries: u32,
    /// The time left until it is given up; `None` if never.
    pub gives_up_in: Option<Duration>,
    /// A remedy to try meanwhile; only if it is new.
    pub hint: Option<String>,
}

/// The tries to reach one host.
#[derive(Debug)]
pub(super) struct Waits {
    began: Instant,
    tries: u32,
    told: Option<(Awaited, Instant)>,
}

impl Waits {
    /// Starts without tries.
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), tries: 0, told: None }
    }

    /// Counts a failed try; returns its report, if one is due.
    pub(super) fn failed(&mut self, complaint: &Complaint, give_up: Option<Instant>) -> Option<Wait> {
        self.tries += 1;
        let awaited = complaint.awaited.as_ref()?;
        let now = Instant::now();
        let is_due = match &self.told {
            None => awaited.at_once || now - self.began >= SILENCE,
            Some((told, at)) if told.why == awaited.why => now - *at >= AGAIN,
            // A reason that comes and goes is not worth a line each time.
            Some((told, at)) => (awaited.at_once && !told.at_once) || now - *at >= SILENCE,
        };
        if !is_due {
            return None;
        }
        let is_news = self.told.as_ref().is_none_or(|(told, _)| told.why != awaited.why);
        self.told = Some((awaited.clone(), now));
        Some(Wait {
            what: awaited.what.clone(),
            why: awaited.why.clone(),
            tries: self.tries,
            gives_up_in: give_up.map(|at| at - now),
            hint: complaint.hint.clone().filter(|_| is_news),
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::provider::HostError;

    fn complaint(why: &str, at_once: bool) -> Complaint {
        let awaited = Awaited { what: "SSH on 10.0.0.1:22".to_owned(), why: why.to_owned(), at_once };
        HostError::unreachable("no answer").hint("look").awaited(awaited).into_complaint()
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_told_late_when_it_changes_and_now_and_then() {
        let (mut waits, give_up) = (Waits::new(), Some(Instant::now() + Duration::from_secs(500)));
        let (refused, timed_out) = (complaint("connection refused", false), complaint("timed out", false));
        assert_eq!(waits.failed(&refused, give_up), None);
        advance(Duration::from_secs(6)).await;
        let told = waits.failed(&refused, give_up).unwrap();
        assert_eq!((told.tries, told.gives_up_in), (2, Some(Duration::from_secs(494))));
        assert_eq!((told.why.as_str(), told.hint.as_deref()), ("connection refused", Some("look")));
        assert_eq!(waits.failed(&refused, give_up), None);
        advance(Duration::from_secs(10)).await;
        assert_eq!(waits.failed(&timed_out, give_up).unwrap().why, "timed out");
        advance(Duration::from_secs(59)).await;
        assert_eq!(waits.failed(&timed_out, give_up), None);
        advance(Duration::from_secs(1)).await;
        let again = waits.failed(&timed_out, None).unwrap();
        assert_eq!((again.tries, again.gives_up_in, again.hint), (6, None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn what_waiting_will_not_mend_is_told_at_once() {
        let mut waits = Waits::new();
        assert!(waits.failed(&complaint("it does not let root in", true), None).is_some());
        let mut waits = Waits::new();
        advance(Duration::from_secs(6)).await;
        assert!(waits.failed(&complaint("connection refused", false), None).is_some());
        assert!(waits.failed(&complaint("it does not let root in", true), None).is_some());
    }

    #[test]
    fn a_host_that_says_nothing_of_it_is_not_told_of() {
        assert_eq!(Waits::new().failed(&Complaint::from("it is rehearsed"), None), None);
    }
}
