//! The journal of an annex.

use async_trait::async_trait;

use super::state::AnnexEvent;
use crate::engine::JournalError;

/// The journal of one annex, held for writing. Implementations: the state file, and memory in tests.
#[async_trait]
pub trait AnnexJournal: Send + Sync {
    /// Commits a line; it survives a kill or a power cut once this returns.
    ///
    /// Fails without writing when another process holds the annex by now.
    async fn record(&self, event: &AnnexEvent) -> Result<(), JournalError>;
}
