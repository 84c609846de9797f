use async_trait::async_trait;

use crate::diagnostics::Diagnostics;
use crate::elastic::fleet::FleetFile;
use crate::scaler::{Fleet, KindSpecs};

/// Reads the file of a fleet again.
#[async_trait]
pub trait FleetReader: Send + Sync {
    /// Reads and checks the file as for a start, and asks the cloud. Changes nothing.
    ///
    /// # Errors
    /// Every problem, with its line, also what cannot change while the fleet is served: its name, cloud and queue.
    async fn read(&self, fleet: &Fleet, running: &FleetFile) -> Result<NewSettings, Diagnostics>;
}

/// Settings of a fleet that was read again.
pub struct NewSettings {
    /// The file.
    pub file: FleetFile,
    /// Its text.
    pub text: String,
    /// What machines of each kind are launched as.
    pub machines: KindSpecs,
    /// Remarks for people.
    pub notes: Vec<String>,
}
