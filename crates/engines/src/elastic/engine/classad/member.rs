use std::borrow::Cow;

use super::super::machine::{Machine, MachineId};
use super::super::money::Money;
use super::super::pool_machine::PoolMachine;
use super::super::seconds::Seconds;
use super::standing::Standing;

/// An own machine that is not known to be ended.
#[derive(Clone, Debug)]
pub(super) struct Member<'a> {
    pub(super) id: Cow<'a, MachineId>,
    /// Position of its kind in the configuration. None: it is no longer there.
    pub(super) kind: Option<usize>,
    pub(super) standing: Standing,
    /// The cloud's word on it, if the cloud lists it.
    pub(super) machine: Option<&'a Machine>,
    /// Its slots, if the pool shows it.
    pub(super) pool: Option<&'a PoolMachine>,
    /// Number of claims on its slots. Of a machine that is missing from the pool: 1 if it had any when it was last
    /// seen.
    pub(super) claims: u32,
    /// Time since which it has no claim.
    pub(super) idle_since: Option<Seconds>,
    /// Time from which it may be taken out for idleness, grace included.
    pub(super) spare_from: Seconds,
    /// Price for an hour, if known.
    pub(super) price: Option<Money>,
}

impl Member<'_> {
    /// Returns its identity.
    pub(super) fn machine_id(&self) -> MachineId {
        MachineId::clone(&self.id)
    }

    /// Returns its launch time, if known.
    pub(super) fn launched_at(&self) -> Option<Seconds> {
        self.machine?.launched_at
    }

    /// Returns the time at which it ends by itself.
    pub(super) fn ends_at(&self) -> Option<Seconds> {
        self.machine?.ends_at
    }

    /// Tells whether a fresh reading of the pool shows the machine open and without a claim.
    pub(super) fn is_idle(&self) -> bool {
        self.standing == Standing::Serving && self.claims == 0
    }
}
