use serde::Serialize;

use crate::elastic::engine::Wants;

/// Numbers of calls that a driver made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Calls {
    /// Calls that launched machines.
    pub launch: u64,
    /// Calls that ended machines.
    pub terminate: u64,
    /// Calls that began or cancelled drains.
    pub drain: u64,
    /// Looks at the cloud's machines.
    pub describe: u64,
    /// Looks at the pool.
    pub pool_query: u64,
    /// Looks at the queue.
    pub queue_query: u64,
    /// Number of machines whose launch was refused; no call of its own.
    #[serde(skip)]
    pub(super) refused: u64,
    /// Number of changes that took a recent one back; no call of its own.
    #[serde(skip)]
    pub(super) reversals: u64,
}

impl Calls {
    /// Counts the readings wanted that were not read before in the pass, and adds them to those.
    pub(super) fn read(&mut self, wants: Wants, read: &mut Wants) {
        self.describe += u64::from(wants.machines && !read.machines);
        self.pool_query += u64::from((wants.pool || wants.slots) && !(read.pool || read.slots));
        self.queue_query += u64::from((wants.demand || wants.groups) && !(read.demand || read.groups));
        read.machines |= wants.machines;
        read.pool |= wants.pool || wants.slots;
        read.demand |= wants.demand || wants.groups;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_asked_once_in_a_pass() {
        let (mut calls, mut read) = (Calls::default(), Wants::default());
        calls.read(Wants { machines: true, pool: true, ..Wants::default() }, &mut read);
        calls.read(Wants { machines: true, slots: true, groups: true, ..Wants::default() }, &mut read);
        assert_eq!((calls.describe, calls.pool_query, calls.queue_query), (1, 1, 1));
    }
}
