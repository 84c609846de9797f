//! A detected secret: its kind and place, never its value.

/// A detected secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::user_data) struct DetectedSecret {
    /// The line, from 1.
    pub(in crate::user_data) line: u32,
    /// The rule; `RULE:KEY` if the secret is the value of a key.
    pub(in crate::user_data) name: String,
    /// The description for messages.
    pub(in crate::user_data) what: String,
    /// Whether the value is only weak, or publicly known, so that nothing is leaked.
    pub(in crate::user_data) is_public: bool,
}

impl DetectedSecret {
    pub(super) fn new(line: usize, name: impl Into<String>, what: impl Into<String>) -> Self {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Self { line, name: name.into(), what: what.into(), is_public: false }
    }
}
