//! What a plan is built for.

/// What a plan is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be run.
    Run,
    /// To be written in the other notation: variables of the environment may be set later.
    Import,
}
