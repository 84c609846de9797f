use std::sync::Arc;

use super::fleet::Fleet;
use super::fleet_journal::FleetJournal;
use super::kind_spec::KindSpecs;
use super::scaler_memory::ScalerMemory;
use crate::batch::WorkSource;
use crate::elastic::fleet::FleetFile;
use crate::provider::{Clock, Cloud};

/// What a scaler is made of.
pub struct ScalerParts {
    /// The fleet, as its journal has it. Its first line, which configures it, is recorded.
    pub fleet: Fleet,
    /// The scaler's memory, as it is stored. None: the fleet starts.
    pub memory: Option<ScalerMemory>,
    /// The number of the last recorded pass; 0 without one.
    pub passes: u64,
    /// The fleet's file.
    pub file: FleetFile,
    /// The journal, held for writing.
    pub journal: Arc<dyn FleetJournal>,
    /// The cloud.
    pub cloud: Arc<dyn Cloud>,
    /// The source of work. None: the engine asks none.
    pub source: Option<Arc<dyn WorkSource>>,
    /// What the machines of each kind are launched as.
    pub machines: KindSpecs,
    /// The clock.
    pub clock: Clock,
    /// Owner of the machines, for their tags.
    pub owner: String,
    /// The state file, for the machines' tags.
    pub state: Option<String>,
}
