use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::agenda::{Agenda, Happening};
use super::described_machines::DescribedMachines;
use super::fit_table::FitTable;
use super::open_machines::OpenMachines;
use super::pool_settings::PoolSettings;
use super::series::PARTS;
use super::sim_machine::{Run, SimMachine, Stage};
use super::tally::{Loss, Tally};
use super::waiting_jobs::WaitingJobs;
use crate::elastic::engine::{MachineId, MachineState, Seconds};
use crate::elastic::simulate::{Job, Workload};

/// A simulated cloud and the pool that its machines join, with the queue.
pub(super) struct Pool<'a> {
    pub(super) workload: &'a Workload,
    pub(super) settings: &'a PoolSettings,
    pub(super) fit: &'a FitTable,
    /// Every machine that was ever launched, in order of launch.
    pub(super) machines: Vec<SimMachine>,
    pub(super) described: DescribedMachines,
    pub(super) waiting: WaitingJobs,
    pub(super) tally: Tally,
    /// Machines whose hosts or slots changed since these were looked at.
    pub(super) changed: Vec<usize>,
    open: OpenMachines,
    agenda: Agenda,
    /// Machines that have more room than in the last round of the negotiator.
    freed: Vec<usize>,
    /// Whether the negotiator has something to do.
    stirred: bool,
    /// Index of the next job to arrive.
    arrivals: usize,
    launched_of_kind: Vec<usize>,
}

impl<'a> Pool<'a> {
    /// Makes an empty pool.
    pub(super) fn new(workload: &'a Workload, settings: &'a PoolSettings, fit: &'a FitTable) -> Pool<'a> {
        let hopeless = (0..workload.classes.len()).map(|class| fit.cheapest(class).is_none()).collect();
        Pool {
            workload,
            settings,
            fit,
            machines: Vec::new(),
            described: DescribedMachines::default(),
            waiting: WaitingJobs::new(hopeless),
            tally: Tally::default(),
            changed: Vec::new(),
            open: OpenMachines::default(),
            agenda: Agenda::default(),
            freed: Vec::new(),
            stirred: false,
            arrivals: 0,
            launched_of_kind: vec![0; settings.kinds.len()],
        }
    }

    fn job(&self, job: usize) -> Job {
        self.workload.jobs[job]
    }

    fn class_of(&self, job: usize) -> usize {
        usize::try_from(self.job(job).class).unwrap_or(usize::MAX)
    }

    /// Returns the part of a machine that a job of a class fills, in millionths.
    fn part(&self, class: usize) -> i64 {
        self.fit.cheapest(class).map_or(0, |(_, jobs)| PARTS / i64::try_from(jobs).unwrap_or(i64::MAX))
    }

    /// Takes note that the hosts or slots of a machine look different.
    fn touch(&mut self, number: usize) {
        if !self.machines[number].changed {
            self.machines[number].changed = true;
            self.changed.push(number);
        }
    }

    /// Returns the time of the next happening or arrival.
    pub(super) fn next(&self) -> Option<Seconds> {
        let arrival = self.workload.jobs.get(self.arrivals).map(|job| job.at);
        self.agenda.next().into_iter().chain(arrival).min()
    }

    /// Returns the time of the next round of the negotiator at or after `now`, if it has something to do.
    pub(super) fn next_round(&self, now: Seconds) -> Option<Seconds> {
        let every = self.settings.negotiate_every.max(1);
        let to_do = self.stirred && self.waiting.ready() > 0 && !self.open.is_empty();
        to_do.then(|| now.saturating_add(every - 1) / every * every)
    }

    /// Tells whether jobs are still to arrive.
    pub(super) fn expects_jobs(&self) -> bool {
        self.arrivals < self.workload.jobs.len()
    }

    /// Settles what happens by itself at `now`, then arrivals.
    pub(super) fn settle(&mut self, now: Seconds) {
        while let Some(happening) = self.agenda.due(now) {
            match happening {
                Happening::Run(number) if self.machines[number].is_live() => {
                    self.described.set_state(number, MachineState::Running, now);
                }
                Happening::Join(number) if self.machines[number].is_live() => self.join(number, now),
                Happening::LeaseEnd(number) => self.end(number, Loss::Lease, now),
                Happening::Vanish(number) => self.described.vanish(number),
                Happening::JobEnd { machine, job, started } => self.end_job(machine, job, started, now),
                Happening::Run(_) | Happening::Join(_) => {}
            }
        }
        while let Some(job) = self.workload.jobs.get(self.arrivals).filter(|job| job.at <= now) {
            let class = usize::try_from(job.class).unwrap_or(usize::MAX);
            self.waiting.push(class, self.arrivals);
            self.tally.arrived(self.part(class), now);
            self.arrivals += 1;
            self.stirred = true;
        }
    }

    /// Launches a machine. Returns its number; none if the cloud refuses.
    pub(super) fn launch(&mut self, kind: usize, now: Seconds) -> Option<usize> {
        let full = |quota| self.tally.live() >= i64::try_from(quota).unwrap_or(i64::MAX);
        if self.settings.quota.is_some_and(full) {
            return None;
        }
        let lifetime = self.settings.kinds[kind].lifetime;
        let number = self.add(kind, lifetime, now);
        let ordinal = self.launched_of_kind[kind] - 1;
        let boot = self.settings.kinds[kind].boot_of(ordinal);
        let running = now.saturating_add(boot.pending.max(0));
        self.agenda.add(running, Happening::Run(number));
        if let Some(join) = boot.join {
            self.agenda.add(running.saturating_add(join.max(0)), Happening::Join(number));
        }
        Some(number)
    }

    /// Adds a machine that is in the pool at once and has no lease. Returns its number.
    pub(super) fn add_joined(&mut self, kind: usize, now: Seconds) -> usize {
        let number = self.add(kind, None, now);
        self.described.set_state(number, MachineState::Running, now);
        self.join(number, now);
        number
    }

    fn add(&mut self, kind: usize, lifetime: Option<Seconds>, now: Seconds) -> usize {
        let number = self.machines.len();
        let described = &self.settings.kinds[kind];
        let id = MachineId::new(format!("m{}", number + 1));
        let ends_at = lifetime.map(|lifetime| now.saturating_add(lifetime.max(0)));
        self.described.add(number, id.clone(), &described.name, ends_at, now);
        if let Some(ends_at) = ends_at {
            self.agenda.add(ends_at, Happening::LeaseEnd(number));
        }
        self.machines.push(SimMachine::new(id, kind, described.whole(), now));
        self.launched_of_kind[kind] += 1;
        self.tally.launched();
        number
    }

    fn join(&mut self, number: usize, now: Seconds) {
        let machine = &mut self.machines[number];
        machine.joined_at = Some(now);
        machine.idle_since = now;
        self.tally.enter(machine, Stage::Idle, now);
        self.open_up(number);
    }

    /// Lets a machine take jobs.
    fn open_up(&mut self, number: usize) {
        let machine = &self.machines[number];
        self.open.insert(number, machine.kind, machine.left);
        self.freed.push(number);
        self.stirred = true;
        self.touch(number);
    }

    /// Ends a machine. Its jobs go back to the queue.
    pub(super) fn end(&mut self, number: usize, loss: Loss, now: Seconds) {
        let machine = &mut self.machines[number];
        if !machine.is_live() {
            return;
        }
        if machine.is_open() {
            self.open.remove(number, machine.kind, machine.left);
        }
        self.tally.enter(machine, Stage::Ended, now);
        for run in std::mem::take(&mut machine.runs) {
            let class = self.class_of(run.job);
            let cpus = self.workload.classes[class].needs.cpus;
            self.tally.interrupted(now - run.started, cpus, loss);
            self.waiting.take_back(class, run.job);
            self.stirred = true;
        }
        self.touch(number);
        self.described.set_state(number, MachineState::Gone, now);
        self.agenda.add(now.saturating_add(self.settings.visible.max(0)), Happening::Vanish(number));
    }

    /// Lets a machine take no more jobs. Tells whether it did.
    pub(super) fn drain(&mut self, number: usize, unclaimed_only: bool, now: Seconds) -> bool {
        let machine = &mut self.machines[number];
        if !machine.is_open() || (unclaimed_only && !machine.runs.is_empty()) {
            return machine.stage == Stage::Draining;
        }
        self.open.remove(number, machine.kind, machine.left);
        self.tally.enter(machine, Stage::Draining, now);
        self.touch(number);
        true
    }

    /// Lets a draining machine take jobs again. Tells whether it does.
    pub(super) fn resume(&mut self, number: usize, now: Seconds) -> bool {
        let machine = &mut self.machines[number];
        if machine.stage != Stage::Draining {
            return machine.is_open();
        }
        let stage = if machine.runs.is_empty() { Stage::Idle } else { Stage::Busy };
        self.tally.enter(machine, stage, now);
        self.open_up(number);
        true
    }

    fn end_job(&mut self, number: usize, job: usize, started: Seconds, now: Seconds) {
        let machine = &mut self.machines[number];
        let ended = |run: &Run| run.job == job && run.started == started;
        let Some(place) = machine.runs.iter().position(ended) else { return };
        let run = machine.runs.swap_remove(place);
        let Job { at, run: length, class } = self.workload.jobs[job];
        let class = usize::try_from(class).unwrap_or(usize::MAX);
        let share = self.fit.share(class, machine.kind);
        let before = machine.left;
        machine.left = before.with(&share);
        let open = machine.is_open();
        if machine.runs.is_empty() {
            machine.idle_since = now;
        }
        let cpus = self.workload.classes[class].needs.cpus;
        self.tally.done(now - at - Seconds::from(length), length, cpus, self.part(class), now);
        if open {
            self.open.remove(number, self.machines[number].kind, before);
            let next = self.waiting.first(class).filter(|_| now - run.claimed < self.settings.claim_worklife);
            let machine = &mut self.machines[number];
            self.open.insert(number, machine.kind, machine.left);
            if let Some(next) = next {
                self.waiting.pop(class);
                self.start(next, class, number, run.claimed, now);
                return;
            }
            if machine.runs.is_empty() {
                self.tally.enter(machine, Stage::Idle, now);
            }
            // Without waiting jobs no class is blocked.
            if self.waiting.ready() > 0 {
                self.freed.push(number);
                self.stirred = true;
            }
        }
        self.touch(number);
    }

    /// Starts a job that is out of the queue.
    fn start(&mut self, job: usize, class: usize, number: usize, claimed: Seconds, now: Seconds) {
        let machine = &mut self.machines[number];
        self.open.remove(number, machine.kind, machine.left);
        machine.left = machine.left.without(&self.fit.share(class, machine.kind));
        self.open.insert(number, machine.kind, machine.left);
        machine.runs.push(Run { job, started: now, claimed });
        machine.served = true;
        if machine.stage != Stage::Busy {
            self.tally.enter(machine, Stage::Busy, now);
        }
        self.tally.started();
        let end = now.saturating_add(Seconds::from(self.workload.jobs[job].run));
        self.agenda.add(end, Happening::JobEnd { machine: number, job, started: now });
        self.touch(number);
    }

    /// Places waiting jobs on machines, the oldest first. A class that finds no room waits until a machine has more.
    pub(super) fn negotiate(&mut self, now: Seconds) {
        self.stirred = false;
        let freed = std::mem::take(&mut self.freed);
        let mut turn = BinaryHeap::new();
        for class in self.waiting.active().collect::<Vec<_>>() {
            if self.waiting.queue(class).blocked && !freed.iter().any(|number| self.takes(*number, class)) {
                continue;
            }
            self.waiting.queue(class).blocked = false;
            turn.extend(self.waiting.first(class).map(|job| Reverse((job, class))));
        }
        while let Some(Reverse((job, class))) = turn.pop() {
            let cpus = self.workload.classes[class].needs.cpus;
            let Some(number) = self.open.find(cpus, |kind, left| self.fit.has_room(class, kind, left)) else {
                self.waiting.queue(class).blocked = true;
                continue;
            };
            self.waiting.pop(class);
            self.start(job, class, number, now, now);
            turn.extend(self.waiting.first(class).map(|next| Reverse((next, class))));
        }
    }

    fn takes(&self, number: usize, class: usize) -> bool {
        let machine = &self.machines[number];
        machine.is_open() && self.fit.has_room(class, machine.kind, &machine.left)
    }
}
