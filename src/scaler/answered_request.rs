use super::fleet_request::{FleetRequest, RequestAnswer};
use crate::elastic::engine::MachineId;

/// A person's request that a scaler has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct AnsweredRequest {
    /// The request.
    pub request: FleetRequest,
    /// The workers that are drained for it, each with its name.
    pub drained: Vec<(MachineId, String)>,
    /// The answer.
    pub answer: RequestAnswer,
}
