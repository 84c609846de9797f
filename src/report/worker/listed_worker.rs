use jiff::Timestamp;

use crate::batch::ToldWorker;
use crate::provider::{InstanceState, Offer};
use crate::scaler::{FleetName, LaunchIntent, Worker};

/// A worker as records, cloud and server tell of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedWorker {
    /// Its fleet.
    pub fleet: FleetName,
    /// Its name in the fleet.
    pub name: String,
    /// Its record, or the launch whose answer is not known yet.
    pub record: Result<Worker, LaunchIntent>,
    /// What the cloud shows.
    pub cloud: CloudSide,
    /// What the server tells.
    pub server: ServerSide,
}

/// A cloud's answer on a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum CloudSide {
    /// The cloud did not answer.
    Unknown,
    /// The cloud shows no such machine.
    Absent,
    /// The cloud shows it.
    Shown {
        /// Its state.
        state: InstanceState,
        /// The address at which it is reached.
        address: Option<String>,
        /// Its type, place and market.
        offer: Option<Offer>,
        /// When it was launched.
        launched_at: Timestamp,
    },
}

/// A server's answer on a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerSide {
    /// The server did not answer, or tells of no workers.
    Unknown,
    /// The server has no such worker.
    Absent,
    /// The server tells of it.
    Told(ToldWorker),
}
