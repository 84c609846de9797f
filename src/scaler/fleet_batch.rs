use jiff::Timestamp;

use super::fleet_event::FleetEvent;
use super::pass_record::PassRecord;
use super::scaler_memory::ScalerMemory;

/// What is committed at once: lines of the journal, the scaler's memory after them, and the pass that led to them.
#[derive(Clone, Debug)]
pub struct FleetBatch {
    /// The time of the lines.
    pub at: Timestamp,
    /// The lines, in order.
    pub events: Vec<FleetEvent>,
    /// The scaler's memory from here on. None: as before.
    pub memory: Option<ScalerMemory>,
    /// The pass. None: the lines are of no pass, or of one that is recorded already.
    pub pass: Option<PassRecord>,
    /// The most machines that the fleet may have after launches of these lines. The batch is refused if it would have
    /// more. None: no limit, as for lines without launches.
    pub maximum: Option<u32>,
}

impl FleetBatch {
    /// Returns a batch of lines alone.
    pub fn events(at: Timestamp, events: Vec<FleetEvent>) -> Self {
        Self { at, events, memory: None, pass: None, maximum: None }
    }
}
