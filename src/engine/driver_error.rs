//! Why the driver could not go on.

use super::phase::IllegalEvent;
use super::store::JournalError;

/// Why the driver could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Nothing could be recorded any more.
    #[error(transparent)]
    Store(#[from] JournalError),
    /// The journal would have become illegal.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// A task of ours died.
    #[error("a part of hoist failed ({0}); what was recorded is safe, and `hoist plan resume` goes on")]
    Defect(String),
}
