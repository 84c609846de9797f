//! Messages about hosts that do not answer yet, readable even for many hosts.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::engine::Wait;
use crate::report::guard::printable;
use crate::report::time::duration;
use crate::report::{Style, count};

/// Maximum number of hosts named for one reason within [`WINDOW`].
const MOST_NAMED: usize = 4;

/// Period to which [`MOST_NAMED`] applies.
const WINDOW: Duration = Duration::from_secs(30);

/// History of messages about waits, so that hundreds of hosts with one problem do not fill the screen.
#[derive(Debug, Default)]
pub(super) struct WaitLines {
    by_reason: HashMap<String, Window>,
    hints: BTreeSet<String>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    named: usize,
    unnamed: BTreeSet<usize>,
}

impl WaitLines {
    /// Returns the message on a wait for the host of `service` at `position`, if one is due.
    pub(super) fn text(&mut self, service: &str, position: usize, wait: &Wait, style: Style) -> Option<String> {
        let now = Instant::now();
        let new = || Window { began: now, named: 0, unnamed: BTreeSet::new() };
        let window = self.by_reason.entry(wait.why.clone()).or_insert_with(new);
        if now - window.began >= WINDOW {
            (window.began, window.named) = (now, 0);
        }
        if window.named >= MOST_NAMED {
            window.unnamed.insert(position);
            return None;
        }
        window.named += 1;
        window.unnamed.remove(&position);
        let mut text = format!("{} {}", style.bold(service), printable(&sentence(wait)));
        let others = std::mem::take(&mut window.unnamed).len();
        if others > 0 {
            text.push_str(&format!("; so do {}", count(others, "other service")));
        }
        if let Some(hint) = wait.hint.as_ref().filter(|hint| self.hints.insert((*hint).clone())) {
            text.push_str(&format!("\n  {} {}", style.dim("try:"), printable(hint)));
        }
        Some(text)
    }
}

/// Formats a wait: `waiting for SSH on 10.0.0.1:22: timed out, 7 tries, gives up in 8 m 20 s`.
fn sentence(wait: &Wait) -> String {
    let tries = if wait.tries == 1 { "1 try".to_owned() } else { format!("{} tries", wait.tries) };
    let end = wait.gives_up_in.map(|left| format!(", gives up in {}", duration(left))).unwrap_or_default();
    format!("waiting for {}: {}, {tries}{end}", wait.what, wait.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(hint: Option<&str>) -> Wait {
        Wait {
            what: "SSH on 54.0.0.1:22".to_owned(),
            why: "timed out".to_owned(),
            tries: 7,
            gives_up_in: Some(Duration::from_secs(500)),
            hint: hint.map(str::to_owned),
        }
    }

    #[test]
    fn a_wait_is_one_line_and_its_hint_is_said_once() {
        let (mut lines, style) = (WaitLines::default(), Style::new(false));
        assert_eq!(
            lines.text("web", 0, &wait(Some("open port 22")), style).unwrap(),
            "web waiting for SSH on 54.0.0.1:22: timed out, 7 tries, gives up in 8 m 20 s\n  try: open port 22"
        );
        let again = lines.text("db", 1, &wait(Some("open port 22")), style).unwrap();
        assert!(again.starts_with("db waiting for SSH on") && !again.contains("try:"), "{again}");
        let endless = Wait { tries: 1, gives_up_in: None, ..wait(None) };
        assert_eq!(sentence(&endless), "waiting for SSH on 54.0.0.1:22: timed out, 1 try");
    }

    #[test]
    fn of_many_hosts_with_one_trouble_a_few_are_named_and_the_others_counted() {
        let (mut lines, style) = (WaitLines::default(), Style::new(false));
        let told = (0..200).filter_map(|position| lines.text("web", position, &wait(None), style)).count();
        assert_eq!(told, MOST_NAMED);
        lines.by_reason.values_mut().for_each(|window| window.began -= WINDOW);
        let next = lines.text("web", 0, &wait(None), style).unwrap();
        assert!(next.ends_with("; so do 196 other services"), "{next}");
    }
}
