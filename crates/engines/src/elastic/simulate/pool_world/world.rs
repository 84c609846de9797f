use super::assessment::assess;
use super::calls::Calls;
use super::contender::{Contender, Yardstick};
use super::driver::Driver;
use super::fit_table::FitTable;
use super::pool::Pool;
use super::pool_settings::PoolSettings;
use super::report::Report;
use super::sim_machine::Stage;
use super::tally::Loss;
use crate::elastic::engine::Seconds;
use crate::elastic::simulate::Workload;

/// A workload and the pool in which it is simulated. What fits where is found out once for all contenders.
pub struct PoolWorld<'a> {
    workload: &'a Workload,
    settings: &'a PoolSettings,
    fit: FitTable,
    /// The longest run time of a job.
    longest: Seconds,
}

/// What decides on machines, while it does.
enum Decider<'a> {
    Driver(Box<Driver<'a>>),
    Fixed,
    Oracle,
}

impl<'a> PoolWorld<'a> {
    /// Makes a world.
    pub fn new(workload: &'a Workload, settings: &'a PoolSettings) -> PoolWorld<'a> {
        let longest = workload.jobs.iter().map(|job| Seconds::from(job.run)).max().unwrap_or(0);
        PoolWorld { workload, settings, fit: FitTable::new(workload, &settings.kinds), longest }
    }

    /// Lets a contender serve the workload, and reports under its name what came of it.
    pub fn run(&self, name: &str, contender: Contender<'_>) -> Report {
        let mut pool = Pool::new(self.workload, self.settings, &self.fit);
        let mut decider = match contender {
            Contender::Engine(engine) => Decider::Driver(Box::new(Driver::new(engine, self.workload.classes.len()))),
            Contender::Yardstick(Yardstick::Oracle) => Decider::Oracle,
            Contender::Yardstick(Yardstick::Fixed(count)) => {
                if !self.settings.kinds.is_empty() {
                    for _ in 0..count {
                        pool.add_joined(0, 0);
                    }
                }
                Decider::Fixed
            }
        };
        let (mut now, mut most) = (0, 0);
        loop {
            pool.tally.advance(now);
            pool.settle(now);
            if pool.next_round(now) == Some(now) {
                pool.negotiate(now);
            }
            match &mut decider {
                Decider::Driver(driver) if driver.next <= now => driver.pass(&mut pool, now),
                Decider::Oracle => foresee(&mut pool, now),
                Decider::Driver(_) | Decider::Fixed => {}
            }
            most = most.max(pool.tally.live());
            match self.next(&pool, &decider, now) {
                Some(next) => now = next,
                None => break,
            }
        }
        let end = self.settings.until.unwrap_or(now).max(now);
        pool.tally.advance(end);
        let calls = match &decider {
            Decider::Driver(driver) => driver.calls,
            Decider::Fixed | Decider::Oracle => Calls::default(),
        };
        assess(pool, name, calls, u64::try_from(most).unwrap_or(0), end)
    }

    /// Returns the next second in which something is due. None: the simulation is at its end.
    fn next(&self, pool: &Pool<'_>, decider: &Decider<'_>, now: Seconds) -> Option<Seconds> {
        let pass = match decider {
            Decider::Driver(driver) => Some(driver.next),
            Decider::Fixed | Decider::Oracle => None,
        };
        let last = match self.settings.until {
            Some(until) => until,
            None if pool.expects_jobs() => Seconds::MAX,
            None if pool.tally.running > 0 || pool.waiting.ready() > 0 => {
                pool.tally.progress.saturating_add(self.settings.patience).saturating_add(self.longest)
            }
            None if pass.is_none() || pool.tally.live() == 0 => now,
            None => pool.tally.progress.saturating_add(self.settings.tail),
        };
        let due = pool.next().into_iter().chain(pool.next_round(now + 1)).chain(pass).min()?;
        let next = due.max(now + 1).min(last);
        (next > now).then_some(next)
    }
}

/// Decides as one who knows everything: a machine is there for every job that finds no room, and gone when it is empty.
fn foresee(pool: &mut Pool<'_>, now: Seconds) {
    loop {
        pool.negotiate(now);
        let first = pool.waiting.active().min_by_key(|class| pool.waiting.first(*class));
        let Some((kind, _)) = first.and_then(|class| pool.fit.cheapest(class)) else { break };
        let full = |quota| pool.tally.live() >= i64::try_from(quota).unwrap_or(i64::MAX);
        if pool.settings.quota.is_some_and(full) {
            break;
        }
        pool.add_joined(kind, now);
    }
    for number in std::mem::take(&mut pool.changed) {
        pool.machines[number].changed = false;
        if pool.machines[number].stage == Stage::Idle {
            pool.end(number, Loss::Ended, now);
        }
    }
}
