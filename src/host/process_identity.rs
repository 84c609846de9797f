//! The identity of a process, which distinguishes it even from a later process with the same id.

/// A process's id and start time. A later process that reuses the id has another start time.
pub(crate) type ProcessIdentity = (i32, u64);
