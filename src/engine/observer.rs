//! Who is told what happens. The engine never prints.

use super::event::JournalEntry;
use super::run::Run;
use super::waits::Wait;

/// Is told of everything that was recorded, after it was.
pub trait Observer: Send {
    /// These lines were committed; `run` is as it is after them.
    fn recorded(&mut self, run: &Run, records: &[JournalEntry]);

    /// Something that the user should know and that the journal need not.
    fn note(&mut self, text: &str);

    /// The host of the service at `position` does not answer yet.
    fn waits(&mut self, _run: &Run, _position: usize, _wait: &Wait) {}
}

/// Tells nobody.
impl Observer for () {
    fn recorded(&mut self, _: &Run, _: &[JournalEntry]) {}
    fn note(&mut self, _: &str) {}
}
