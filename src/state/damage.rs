//! Damage of a state file.

/// A damaged part and the run, annex or fleet that it belongs to, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Damage(pub(super) String);

impl From<String> for Damage {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}
