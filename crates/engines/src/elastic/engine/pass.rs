use super::decision::Decision;
use super::memory::Memory;
use super::note::Note;

/// The result of one step of an engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The decisions, in order.
    pub decisions: Vec<Decision>,
    /// Remarks about what was not decided, and why.
    pub notes: Vec<Note>,
    /// The memory, to be handed to [`super::Engine::settle`] with the outcome.
    pub memory: Memory,
}
