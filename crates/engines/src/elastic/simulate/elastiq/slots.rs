use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::elastic::engine::Seconds;

/// A job that runs: its run time and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) run: Seconds,
    pub(super) end: Seconds,
}

/// The slots of one host.
#[derive(Clone, Debug)]
pub(super) struct HostSlots {
    slots: Vec<Option<Run>>,
    busy: u32,
    open: bool,
}

impl HostSlots {
    pub(super) fn busy(&self) -> u32 {
        self.busy
    }

    /// Tells whether the host takes jobs.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }
}

/// The slots of all hosts, by rank: standing computers first, then machines in launch order.
#[derive(Debug, Default)]
pub(super) struct Slots {
    hosts: Vec<Option<HostSlots>>,
    /// Free slots, lowest first. Slots of closed hosts are left out when they come up.
    free: BinaryHeap<Reverse<(usize, usize)>>,
    /// Ends of jobs. Those of closed hosts are left out when they come up.
    ends: BinaryHeap<Reverse<(Seconds, usize, usize)>>,
}

impl Slots {
    /// Opens a host with free slots.
    pub(super) fn open(&mut self, rank: usize, count: u32) {
        if self.hosts.len() <= rank {
            self.hosts.resize(rank + 1, None);
        }
        let count = usize::try_from(count).unwrap_or(0);
        self.hosts[rank] = Some(HostSlots { slots: vec![None; count], busy: 0, open: true });
        self.free.extend((0..count).map(|slot| Reverse((rank, slot))));
    }

    /// Closes a host and returns the run times of its jobs, in slot order.
    pub(super) fn close(&mut self, rank: usize) -> Vec<Seconds> {
        let Some(host) = self.hosts.get_mut(rank).and_then(Option::as_mut) else { return Vec::new() };
        host.open = false;
        host.busy = 0;
        host.slots.iter_mut().filter_map(Option::take).map(|run| run.run).collect()
    }

    /// Returns a host.
    pub(super) fn host(&self, rank: usize) -> Option<&HostSlots> {
        self.hosts.get(rank).and_then(Option::as_ref)
    }

    /// Tells whether a slot of an open host is free, after leaving out those of closed ones.
    pub(super) fn has_free(&mut self) -> bool {
        while let Some(Reverse((rank, _))) = self.free.peek() {
            if self.host(*rank).is_some_and(|host| host.open) {
                return true;
            }
            self.free.pop();
        }
        false
    }

    /// Places a job on the first free slot at `now` and returns the host's rank.
    pub(super) fn place(&mut self, run: Seconds, now: Seconds) -> Option<usize> {
        if !self.has_free() {
            return None;
        }
        let Reverse((rank, slot)) = self.free.pop()?;
        let end = now.saturating_add(run);
        let host = self.hosts.get_mut(rank).and_then(Option::as_mut)?;
        host.slots[slot] = Some(Run { run, end });
        host.busy += 1;
        self.ends.push(Reverse((end, rank, slot)));
        Some(rank)
    }

    /// Returns the time of the next end, possibly that of a job on a closed host.
    pub(super) fn next_end(&self) -> Option<Seconds> {
        self.ends.peek().map(|Reverse((end, ..))| *end)
    }

    /// Ends the next job that is due at `now` and returns the host's rank; none if nothing is due.
    pub(super) fn end(&mut self, now: Seconds) -> Option<usize> {
        while self.next_end().is_some_and(|end| end <= now) {
            let Reverse((end, rank, slot)) = self.ends.pop()?;
            let Some(host) = self.hosts.get_mut(rank).and_then(Option::as_mut).filter(|host| host.open) else {
                continue;
            };
            if host.slots[slot].is_some_and(|run| run.end == end) {
                host.slots[slot] = None;
                host.busy -= 1;
                self.free.push(Reverse((rank, slot)));
                return Some(rank);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_the_lowest_rank_and_slot_and_frees_at_the_end() {
        let mut slots = Slots::default();
        slots.open(1, 1);
        slots.open(0, 2);
        assert_eq!((slots.place(10, 0), slots.place(5, 0), slots.place(5, 0)), (Some(0), Some(0), Some(1)));
        assert_eq!(slots.place(5, 0), None);
        assert_eq!((slots.end(5), slots.end(5), slots.end(5)), (Some(0), Some(1), None));
        assert_eq!(slots.place(1, 5), Some(0));
    }

    #[test]
    fn closed_host_gives_its_jobs_back_in_slot_order_and_ends_none() {
        let mut slots = Slots::default();
        slots.open(0, 3);
        slots.place(30, 0);
        slots.place(20, 0);
        assert_eq!(slots.close(0), [30, 20]);
        assert_eq!((slots.end(100), slots.place(1, 100)), (None, None));
    }
}
