use serde::Serialize;

use super::changes::Changes;
use super::coalition::CoalitionSighting;
use super::elastiq::ElastiqSightings;
use super::epu::EpuSighting;

/// What an engine was shown, where it changed: an engine can be checked against a trace without the world.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Observations {
    /// The daemon's polls of queue, pool and cloud.
    Elastiq(ElastiqSightings),
    /// The controller's beliefs at its pulses.
    Epu(Changes<EpuSighting>),
    /// The server's records after its rounds.
    Coalition(Changes<CoalitionSighting>),
}
