//! Progress of an annex during a wait: text lines, or one JSON document per line.

use std::io::Write as _;
use std::mem::Discriminant;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::annex_event_line::{AnnexEventLine, AnnexProgressEvent};
use crate::annex::{ObservedAnnex, ObservedState, Progress, SpotShortage, annex_words};
use crate::report::time::duration;
use crate::report::{Style, count, printable};

/// Format of progress messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressFormat {
    /// No messages.
    Nothing,
    /// Lines on standard error.
    Lines,
    /// JSON documents on standard output, one per line.
    Json,
}

/// Reporter of the progress of one annex; consecutive equal messages are reported once.
pub struct AnnexProgress {
    annex: String,
    style: Style,
    telling: ProgressFormat,
    started: Instant,
    last: Mutex<Option<(Discriminant<AnnexProgressEvent>, String)>>,
}

impl AnnexProgress {
    /// Creates the reporter of the annex with this name.
    pub fn new(annex: &str, style: Style, telling: ProgressFormat) -> Self {
        Self { annex: annex.to_owned(), style, telling, started: Instant::now(), last: Mutex::default() }
    }

    /// Reports progress of the cloud.
    pub fn tell(&self, progress: &Progress) {
        match progress {
            Progress::Asked => self.say(AnnexProgressEvent::Asked, "the cloud has taken the request"),
            // A settled annex is no news before anything was asked.
            Progress::Seen(ObservedAnnex { state: ObservedState::Settled, .. }) if self.is_silent_yet() => {}
            Progress::Seen(seen) => {
                let (state, reason) = annex_words(&seen.state);
                let reason = reason.or_else(|| seen.trouble.clone());
                let text = match (&seen.state, &reason) {
                    (ObservedState::Changing, Some(trouble)) => {
                        format!("{}, and the cloud goes back: {}", self.style.bad("failed"), printable(trouble))
                    }
                    (ObservedState::Changing, None) => "the cloud is at work".to_owned(),
                    (ObservedState::Settled, _) => "the cloud has made what was asked".to_owned(),
                    (ObservedState::Deleting, _) => "the cloud deletes it".to_owned(),
                    (_, Some(reason)) => format!("{}: {}", self.style.bad(state), printable(reason)),
                    (_, None) => self.style.bad(state),
                };
                self.say(AnnexProgressEvent::Seen { state, reason }, &text);
            }
            Progress::Running { running, wanted } => {
                let text = format!("{running} of {} run", count(*wanted, "instance"));
                self.say(AnnexProgressEvent::Running { running: *running, wanted: *wanted }, &text);
            }
            Progress::FellBack { shortage: SpotShortage { pool, missing, said }, price } => {
                let at = price.map_or_else(
                    || "at the list price, which nobody named (list-price=)".to_owned(),
                    |price| format!("at ${price} an hour each"),
                );
                let text = format!(
                    "{}: buying {} of pool {} on demand, {at}; they stay so ({})",
                    self.style.warn("spot has no capacity"),
                    count(*missing, "instance"),
                    pool + 1,
                    printable(said)
                );
                let event = AnnexProgressEvent::FellBack {
                    pool: *pool,
                    count: *missing,
                    price_per_hour: *price,
                    said: said.clone(),
                };
                self.say(event, &text);
            }
            Progress::DeletingAgain { retain } => {
                let text = format!("deleting again, without {}", printable(&retain.join(", ")));
                self.say(AnnexProgressEvent::DeletingAgain { retain: retain.clone() }, &text);
            }
            Progress::MayAppear => {
                let text = "nothing is there; what was asked for may still appear";
                self.say(AnnexProgressEvent::MayAppear, text);
            }
            Progress::Remains(remains) => {
                let names: Vec<String> =
                    remains.iter().map(|remain| format!("{} {}", remain.kind, remain.id)).collect();
                let text = format!("{} still there: {}", count(remains.len(), "thing"), first(&names));
                self.say(AnnexProgressEvent::Remains { count: remains.len(), names }, &text);
            }
            Progress::Joined { joined, wanted } => {
                let text = format!("{joined} of {} in the pool", count(*wanted, "instance"));
                self.say(AnnexProgressEvent::Joined { joined: *joined, wanted: *wanted }, &text);
            }
            Progress::PoolNotReachable { said } => {
                let text = format!("the pool is not reachable now; waiting for it: {}", printable(said));
                self.say(AnnexProgressEvent::PoolNotReachable { said: said.clone() }, &text);
            }
            Progress::NotJoined { instance, failure } => {
                let why = printable(&failure.to_string());
                let text = format!("{} is not in the pool: {why}", self.style.bold(printable(instance)));
                let (kind, said) = (failure.kind.as_str(), failure.said.clone());
                let event = AnnexProgressEvent::NotJoined { instance: instance.clone(), kind, said };
                self.say(event, &text);
            }
            Progress::Draining { instance, is_in_pool } => {
                let shown = self.style.bold(printable(instance));
                let text = match is_in_pool {
                    true => format!("{shown} takes no more jobs"),
                    false => format!("{shown} has no jobs: the pool does not know it"),
                };
                self.say(AnnexProgressEvent::Draining { instance: instance.clone(), in_pool: *is_in_pool }, &text);
            }
            Progress::Retiring { instance } => {
                let text = format!("{} drains its pilot", self.style.bold(printable(instance)));
                self.say(AnnexProgressEvent::Retiring { instance: instance.clone() }, &text);
            }
            Progress::Released(instances) => {
                let shown: Vec<String> =
                    instances.iter().map(|instance| self.style.bold(printable(instance))).collect();
                let text = format!("ending {}", shown.join(", "));
                self.say(AnnexProgressEvent::Released { instances: instances.clone() }, &text);
            }
        }
    }

    fn is_silent_yet(&self) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn say(&self, event: AnnexProgressEvent, text: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Some((std::mem::discriminant(&event), text.to_owned()));
        if *last == new {
            return;
        }
        *last = new;
        // The reader of the output may have gone away; the work continues.
        match self.telling {
            ProgressFormat::Nothing => {}
            ProgressFormat::Lines => {
                let stamp = self.style.dim(format!("[{:>8}]", duration(self.started.elapsed())));
                let name = self.style.bold(&self.annex);
                let _ = writeln!(std::io::stderr().lock(), "{stamp} {name}: {text}");
            }
            ProgressFormat::Json => {
                let Ok(line) = serde_json::to_value(AnnexEventLine::new(&self.annex, &event)) else { return };
                let mut stdout = std::io::stdout().lock();
                let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
            }
        }
    }
}

/// Lists the first few names.
fn first(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).map(|name| printable(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
