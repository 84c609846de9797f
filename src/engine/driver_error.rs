//! Why the driver could not go on.

use super::phase::IllegalEvent;
use super::store::JournalError;

/// Why the driver could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Recording failed.
    #[error(transparent)]
    Store(#[from] JournalError),
    /// An event would have made the journal illegal.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// A task of hoist's own died.
    #[error("a part of hoist failed ({0}); what was recorded is safe, and `hoist plan resume` goes on")]
    Defect(String),
}
