//! Leftovers of a run that should be at its end.

/// A reason why a tear-down is incomplete although every service is gone: a leftover, or a cloud that could not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remain {
    /// The description for a person.
    pub what: String,
    /// A suggested remedy.
    pub hint: Option<String>,
    /// Whether it is unknown if anything is left, since a cloud could not tell.
    pub unproved: bool,
}
