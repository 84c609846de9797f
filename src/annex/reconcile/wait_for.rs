//! The point up to which a change is awaited.

/// The point up to which a change is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// Until the cloud has accepted it; it continues there.
    Accepted,
    /// Until the change is complete.
    Settled,
}
