//! What is damaged in a state file.

/// What is not as it was written, and of which run or annex, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Damage(pub(super) String);

impl From<String> for Damage {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}
