use std::collections::BTreeSet;

use super::super::limits::MOST_SLOTS;
use super::input::StaticHost;
use super::slots::{HostSlots, Slots};
use super::waiting::WaitingJobs;
use crate::elastic::engine::{Host, MachineId, Seconds};

/// What the pool knows of a host beside its slots.
#[derive(Clone, Debug)]
struct Listing {
    id: MachineId,
    joined_at: Seconds,
    idle_since: Seconds,
}

/// The HTCondor pool: hosts, slots, and the queue.
#[derive(Debug, Default)]
pub(super) struct Pool {
    standing: usize,
    slots: Slots,
    listings: Vec<Option<Listing>>,
    /// Ranks of the hosts that the pool lists.
    listed: BTreeSet<usize>,
    pub(super) waiting: WaitingJobs,
    pub(super) jobs_done: u64,
    pub(super) jobs_requeued: u64,
    pub(super) last_job_done: Option<Seconds>,
    /// Number of busy slots of machines.
    pub(super) busy: i64,
    /// Number of machines at work.
    pub(super) joined: i64,
}

impl Pool {
    /// Makes a pool with standing computers.
    pub(super) fn new(standing: &[StaticHost]) -> Pool {
        let mut pool = Pool { standing: standing.len(), ..Pool::default() };
        for (rank, host) in standing.iter().enumerate() {
            pool.list(rank, MachineId::new(host.name.as_str()), host.slots, 0);
        }
        pool
    }

    /// Takes a machine in.
    pub(super) fn join(&mut self, machine: usize, id: MachineId, slots: u32, now: Seconds) {
        self.list(self.standing + machine, id, slots, now);
        self.joined += 1;
    }

    /// Tells whether a machine is at work.
    pub(super) fn has_joined(&self, machine: usize) -> bool {
        self.slots.host(self.standing + machine).is_some_and(HostSlots::is_open)
    }

    fn list(&mut self, rank: usize, id: MachineId, slots: u32, now: Seconds) {
        if self.listings.len() <= rank {
            self.listings.resize(rank + 1, None);
        }
        self.listings[rank] = Some(Listing { id, joined_at: now, idle_since: now });
        self.listed.insert(rank);
        self.slots.open(rank, slots.min(MOST_SLOTS));
    }

    /// Ends a machine's work: its jobs go back to the head of the queue. Returns their number. It stays listed.
    pub(super) fn close(&mut self, machine: usize, now: Seconds) -> u32 {
        let rank = self.standing + machine;
        if self.has_joined(machine) {
            self.joined -= 1;
        }
        let jobs = self.slots.close(rank);
        for run in jobs.iter().rev() {
            self.waiting.come_back(*run);
        }
        if let Some(listing) = self.listings.get_mut(rank).and_then(Option::as_mut) {
            listing.idle_since = now;
        }
        let count = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        self.jobs_requeued += u64::from(count);
        self.busy -= i64::from(count);
        count
    }

    /// Takes a machine off the list.
    pub(super) fn leave(&mut self, machine: usize) {
        self.listed.remove(&(self.standing + machine));
    }

    /// Ends the jobs that are due.
    pub(super) fn end_jobs(&mut self, now: Seconds) {
        while let Some(rank) = self.slots.end(now) {
            self.jobs_done += 1;
            self.last_job_done = Some(now);
            if rank >= self.standing {
                self.busy -= 1;
            }
            if let Some(listing) = self.listings.get_mut(rank).and_then(Option::as_mut) {
                listing.idle_since = now;
            }
        }
    }

    /// Places waiting jobs on free slots.
    pub(super) fn place_jobs(&mut self, now: Seconds) {
        while self.waiting.ready() > 0 && self.slots.has_free() {
            let Some(run) = self.waiting.take() else { return };
            if let Some(rank) = self.slots.place(run, now)
                && rank >= self.standing
            {
                self.busy += 1;
            }
        }
    }

    /// Tells whether a slot is free.
    pub(super) fn has_free(&mut self) -> bool {
        self.slots.has_free()
    }

    /// Returns the time of the next end of a job.
    pub(super) fn next_end(&self) -> Option<Seconds> {
        self.slots.next_end()
    }

    /// Returns the hosts as `condor_status` lists them: machines in launch order, then standing computers.
    pub(super) fn hosts(&self) -> Vec<Host> {
        let machines = self.listed.range(self.standing..);
        let standing = self.listed.range(..self.standing);
        machines.chain(standing).filter_map(|rank| self.host(*rank)).collect()
    }

    fn host(&self, rank: usize) -> Option<Host> {
        let listing = self.listings.get(rank)?.as_ref()?;
        let slots = self.slots.host(rank)?;
        Some(Host {
            id: listing.id.clone(),
            busy: slots.busy(),
            slots: slots.count(),
            joined_at: listing.joined_at,
            idle_since: (slots.busy() == 0).then_some(listing.idle_since),
            silent: false,
        })
    }
}
