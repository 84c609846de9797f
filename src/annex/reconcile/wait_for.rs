//! How far a change is followed.

/// How far a change is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// Until the cloud has taken it; it goes on by itself.
    Accepted,
    /// Until the annex is as it was asked for.
    Settled,
}
