//! What is left when a run should be at its end.

/// Why a tear-down is not at its end although every service is: what else is left, or who could not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remain {
    /// For a person.
    pub what: String,
    /// What to try.
    pub hint: Option<String>,
    /// Whether it is not known to be left: somebody could not say.
    pub unproved: bool,
}
