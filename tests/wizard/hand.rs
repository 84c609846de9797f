//! Somebody who reads the screen and types.

use crate::lab::eventually;
use hoist_test_support::call::Call;
use hoist_test_support::terminal::{OnTerminal, Seen};

/// A conversation on a terminal.
pub(crate) struct Hand {
    terminal: OnTerminal,
    read: usize,
}

pub(crate) const ESCAPE: &str = "\x1b";
pub(crate) const CTRL_C: &str = "\x03";

impl Hand {
    pub(crate) fn start(call: Call) -> Self {
        Self { terminal: OnTerminal::start(call), read: 0 }
    }

    /// Reads on until this is there.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        let read = self.read;
        let terminal = &self.terminal;
        let mut rest = String::new();
        let give_up = std::time::Instant::now() + std::time::Duration::from_secs(120);
        let end = eventually(&format!("{text:?} is shown"), || {
            rest = terminal.screen().get(read..).unwrap_or_default().to_owned();
            assert!(std::time::Instant::now() < give_up, "{text:?} is not shown, but\n{rest}");
            rest.find(text).map(|at| at + text.len())
        });
        self.read += end;
        self
    }

    /// Types these keys.
    pub(crate) fn types(&mut self, keys: &str) -> &mut Self {
        self.terminal.type_in(keys);
        self
    }

    /// Waits for a question, and answers it; an empty text takes what is offered.
    #[track_caller]
    pub(crate) fn answers(&mut self, question: &str, text: &str) -> &mut Self {
        self.sees(question).types(&format!("{text}\r"))
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Seen {
        let seen = self.terminal.wait();
        assert_eq!(seen.code, Some(code), "{}", seen.screen);
        seen
    }
}
