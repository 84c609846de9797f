//! The journal of a fleet.

use async_trait::async_trait;

use super::fleet_batch::FleetBatch;
use super::fleet_id::FleetId;
use super::fleet_request::{FleetRequest, RequestAnswer};
use crate::engine::JournalError;

/// The journal of one fleet, held for writing. Implementations: the state file, and memory for tests and dry runs.
#[async_trait]
pub trait FleetJournal: Send + Sync {
    /// Returns the identity of the fleet.
    fn id(&self) -> &FleetId;

    /// Commits the batch as a whole; it survives a kill or a power cut once this returns.
    ///
    /// Fails without writing when another process holds the fleet by now.
    async fn record(&self, batch: &FleetBatch) -> Result<(), JournalError>;

    /// Returns the requests of other processes that have no answer yet, oldest first.
    async fn requests(&self) -> Result<Vec<(u64, FleetRequest)>, JournalError>;

    /// Commits the batch and the answer to a request at once.
    async fn answer(&self, request: u64, answer: &RequestAnswer, batch: &FleetBatch) -> Result<(), JournalError>;
}
