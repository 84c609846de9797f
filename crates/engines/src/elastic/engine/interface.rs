use serde::{Deserialize, Serialize};

use super::machine::MachineId;
use super::memory::Memory;
use super::observation::Observation;
use super::outcome::Outcome;
use super::pass::Pass;
use super::seconds::Seconds;

/// The readings that a step uses. Others may stay unread, which saves calls to the cloud and the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wants {
    /// The waiting work.
    pub demand: bool,
    /// The machines of the cloud account.
    pub machines: bool,
    /// The hosts of the pool.
    pub pool: bool,
    /// The waiting work in groups.
    #[serde(default)]
    pub groups: bool,
    /// The machines of the pool with their slots.
    #[serde(default)]
    pub slots: bool,
}

/// A decision engine: a pure function of its configuration, an observation and its memory.
///
/// A pass of the driver is a loop: [`Engine::wants`], take readings, [`Engine::decide`], carry out,
/// [`Engine::settle`]; again while [`Engine::unfinished`]. So a later step of a pass sees the results of an earlier
/// one.
pub trait Engine {
    /// Returns the memory of a scaler that starts at `now` with no memory and owns the machines `own`.
    fn start(&self, now: Seconds, own: &[MachineId]) -> Memory;

    /// Returns the time from which a pass has something to do. Passes before it may be left out.
    fn next_due(&self, memory: &Memory) -> Seconds;

    /// Returns the earliest time after `last` from which a pass has something to do, where something else may be due
    /// since before, which waits for a source.
    fn next_due_after(&self, memory: &Memory, last: Seconds) -> Option<Seconds> {
        Some(self.next_due(memory)).filter(|due| *due > last)
    }

    /// Returns the readings that the next step uses when it is taken at `now`.
    fn wants(&self, memory: &Memory, now: Seconds) -> Wants;

    /// Decides one step.
    fn decide(&self, observation: &Observation<'_>, memory: Memory) -> Pass;

    /// Takes in the results of the decisions of the last step. Called once after every [`Engine::decide`].
    fn settle(&self, outcome: &Outcome, memory: Memory) -> Memory;

    /// Tells whether the pass has further steps.
    fn unfinished(&self, memory: &Memory) -> bool;
}
