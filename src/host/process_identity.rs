//! What tells one process from every other, also from one that gets its number later.

/// A process by its number and its start: that of another one never takes its place.
pub(crate) type ProcessIdentity = (i32, u64);
