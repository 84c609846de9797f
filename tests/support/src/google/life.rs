//! What a test is told of instances that come to life and end, so that something real can run in their place.

use std::collections::BTreeMap;

use super::place::Place;

/// A turn in an instance's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// It begins to run, for the first time or again.
    Begins(Machine),
    /// Its power is gone: it was stopped, deleted or preempted.
    Ends(Place),
}

/// What a machine is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub id: u64,
    pub place: Place,
    /// Where it is reached, if it is at an address of this machine.
    pub address: Option<String>,
    /// The path of the image that its boot disk was made of.
    pub image: String,
    pub metadata: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
}
