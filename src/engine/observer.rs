//! Who is told what happens. The engine never prints.

use super::event::Record;
use super::run::Run;

/// Is told of everything that was recorded, after it was.
pub trait Observer: Send {
    /// These lines were committed; `run` is as it is after them.
    fn recorded(&mut self, run: &Run, records: &[Record]);

    /// Something that the user should know and that the journal need not.
    fn note(&mut self, text: &str);
}

/// Tells nobody.
impl Observer for () {
    fn recorded(&mut self, _: &Run, _: &[Record]) {}
    fn note(&mut self, _: &str) {}
}
