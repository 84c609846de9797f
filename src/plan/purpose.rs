//! The purpose of building a plan.

/// The purpose of building a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be run.
    Run,
    /// To be converted to the other notation: environment variables may be set later.
    Import,
}
