//! A secret that was found: what it is and where, never its value.

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::user_data) struct DetectedSecret {
    /// From 1.
    pub(in crate::user_data) line: u32,
    /// What kind it is; `RULE:KEY` where it is the value of a key.
    pub(in crate::user_data) name: String,
    /// What it is, for people.
    pub(in crate::user_data) what: String,
    /// Whether it is only weak, or known to everybody, so that no secret is given away.
    pub(in crate::user_data) is_public: bool,
}

impl DetectedSecret {
    pub(super) fn new(line: usize, name: impl Into<String>, what: impl Into<String>) -> Self {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Self { line, name: name.into(), what: what.into(), is_public: false }
    }
}
