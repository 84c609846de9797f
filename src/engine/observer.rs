//! The observer of a run. The engine never prints.

use super::event::JournalEntry;
use super::run::Run;
use super::waits::Wait;

/// Receives everything that was recorded, after it was committed.
pub trait Observer: Send {
    /// Called after these lines were committed; `run` is the state after them.
    fn recorded(&mut self, run: &Run, records: &[JournalEntry]);

    /// Called with a message for the user that the journal need not contain.
    fn note(&mut self, text: &str);

    /// Called when the host of the service at `position` does not answer yet.
    fn waits(&mut self, _run: &Run, _position: usize, _wait: &Wait) {}
}

/// Ignores everything.
impl Observer for () {
    fn recorded(&mut self, _: &Run, _: &[JournalEntry]) {}
    fn note(&mut self, _: &str) {}
}
