//! What goes on while somebody waits for an annex: a line for what is new, or a JSON document a line.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

use super::time::duration;
use super::{Style, count, printable};
use crate::annex::{ObservedAnnex, ObservedState, Progress, annex_words};

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressFormat {
    /// Not at all.
    Nothing,
    /// As lines on standard error.
    Lines,
    /// As JSON documents on standard output, one a line.
    Json,
}

/// Tells how it goes with one annex; what was told last is not told again.
pub struct AnnexProgress {
    annex: String,
    style: Style,
    telling: ProgressFormat,
    started: Instant,
    last: Mutex<String>,
}

impl AnnexProgress {
    /// Of the annex with this name.
    pub fn new(annex: &str, style: Style, telling: ProgressFormat) -> Self {
        Self { annex: annex.to_owned(), style, telling, started: Instant::now(), last: Mutex::default() }
    }

    /// What the cloud lets happen.
    pub fn tell(&self, progress: &Progress) {
        match progress {
            Progress::Asked => self.say("asked", "the cloud has taken the request", json!({})),
            // Before anything was asked, it is what it was: nothing new.
            Progress::Seen(ObservedAnnex { state: ObservedState::Settled, .. }) if self.is_silent_yet() => {}
            Progress::Seen(seen) => {
                let (state, reason) = annex_words(&seen.state);
                let text = match (&seen.state, &reason) {
                    (ObservedState::Changing, _) => "the cloud is at work".to_owned(),
                    (ObservedState::Settled, _) => "the cloud has made what was asked".to_owned(),
                    (ObservedState::Deleting, _) => "the cloud deletes it".to_owned(),
                    (_, Some(reason)) => format!("{}: {}", self.style.bad(state), printable(reason)),
                    (_, None) => self.style.bad(state),
                };
                self.say("seen", &text, json!({"state": state, "reason": reason}));
            }
            Progress::Running { running, wanted } => {
                let text = format!("{running} of {} run", count(*wanted as usize, "instance"));
                self.say("running", &text, json!({"running": running, "wanted": wanted}));
            }
            Progress::DeletingAgain { retain } => {
                let text = format!("deleting again, without {}", printable(&retain.join(", ")));
                self.say("deleting-again", &text, json!({"retain": retain}));
            }
            Progress::MayAppear => {
                self.say("may-appear", "nothing is there; what was asked for may still appear", json!({}));
            }
            Progress::Remains(remains) => {
                let text = format!("{} still there", count(remains.len(), "thing"));
                self.say("remains", &text, json!({"count": remains.len()}));
            }
            Progress::Joined { joined, wanted } => {
                let text = format!("{joined} of {} in the pool", count(*wanted, "instance"));
                self.say("joined", &text, json!({"joined": joined, "wanted": wanted}));
            }
            Progress::Draining { instance, is_in_pool } => {
                let shown = self.style.bold(printable(instance));
                let text = match is_in_pool {
                    true => format!("{shown} takes no more jobs"),
                    false => format!("{shown} has no jobs: the pool does not know it"),
                };
                self.say("draining", &text, json!({"instance": instance, "in_pool": is_in_pool}));
            }
            Progress::Released(instances) => {
                let shown: Vec<String> =
                    instances.iter().map(|instance| self.style.bold(printable(instance))).collect();
                let text = format!("{} without jobs: ending", shown.join(", "));
                self.say("released", &text, json!({"instances": instances}));
            }
        }
    }

    fn is_silent_yet(&self) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn say(&self, event: &str, text: &str, mut fields: Value) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let new = format!("{event} {text}");
        if *last == new {
            return;
        }
        *last = new;
        // Whoever watched may have gone away; what is watched goes on all the same.
        match self.telling {
            ProgressFormat::Nothing => {}
            ProgressFormat::Lines => {
                let stamp = self.style.dim(format!("[{:>8}]", duration(self.started.elapsed())));
                let name = self.style.bold(&self.annex);
                let _ = writeln!(std::io::stderr().lock(), "{stamp} {name}: {text}");
            }
            ProgressFormat::Json => {
                fields["schema"] = json!(1);
                fields["annex"] = json!(self.annex);
                fields["event"] = json!(event);
                let mut stdout = std::io::stdout().lock();
                let _ = writeln!(stdout, "{fields}").and_then(|()| stdout.flush());
            }
        }
    }
}
