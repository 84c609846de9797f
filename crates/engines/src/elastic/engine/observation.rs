use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::job_group::JobGroup;
use super::machine::{Host, Machine};
use super::pool_machine::PoolMachine;
use super::reading::Reading;
use super::seconds::Seconds;

/// The work that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Number of waiting jobs (or messages) that a machine of the fleet could serve.
    pub waiting: u64,
    /// Number of jobs that are shown as waiting and that no machine of the fleet can serve: requirements that nothing
    /// meets, groups of jobs, children of a paused group.
    #[serde(default)]
    pub unservable: u64,
}

/// One snapshot of the world: the input of a decision.
///
/// A reading that the step does not want may be [`Reading::Unread`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation<'a> {
    /// Time at which the readings were complete.
    pub now: Seconds,
    /// Time at which the first of them was begun. Earlier than `now` only when a source had to be asked again.
    pub began: Seconds,
    /// The waiting work.
    pub demand: Reading<Demand>,
    /// The machines of the cloud account, in order of launch; machines that ended recently may be among them.
    pub machines: Reading<Cow<'a, [Machine]>>,
    /// The hosts of the pool: machines in order of launch, then standing computers.
    pub pool: Reading<Cow<'a, [Host]>>,
    /// The waiting work in groups, for engines that match jobs with machines.
    #[serde(default)]
    pub groups: Reading<Cow<'a, [JobGroup]>>,
    /// The machines of the pool with their slots, for engines that match jobs with machines.
    #[serde(default)]
    pub slots: Reading<Cow<'a, [PoolMachine]>>,
}

impl Observation<'_> {
    /// Returns an observation at `now` in which nothing has been read.
    pub fn unread(now: Seconds) -> Observation<'static> {
        Observation {
            now,
            began: now,
            demand: Reading::Unread,
            machines: Reading::Unread,
            pool: Reading::Unread,
            groups: Reading::Unread,
            slots: Reading::Unread,
        }
    }

    /// Returns the machines if they were read for this pass.
    pub fn fresh_machines(&self) -> Option<&[Machine]> {
        self.machines.fresh().map(|machines| &**machines)
    }

    /// Returns the hosts of the pool if they were read for this pass.
    pub fn fresh_pool(&self) -> Option<&[Host]> {
        self.pool.fresh().map(|hosts| &**hosts)
    }
}
