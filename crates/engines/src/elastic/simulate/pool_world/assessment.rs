//! The report of a pool at its end.

use super::calls::Calls;
use super::pool::Pool;
use super::report::{Churn, JobCounts, MachineHours, Report, Unserved};
use super::sim_machine::Stage;
use super::wait_times::WaitTimes;
use crate::diagnostics::counted;
use crate::elastic::engine::Seconds;

/// Largest number of entries on jobs that were never served.
const MOST_UNSERVED: usize = 100;

/// Seconds in an hour.
const HOUR: f64 = 3600.0;

/// Makes the report of a pool that was simulated to `end`.
pub(super) fn assess(mut pool: Pool<'_>, engine: &str, calls: Calls, most: u64, end: Seconds) -> Report {
    let live_at_end: u64 = pool.machines.iter().map(|machine| u64::from(machine.is_live())).sum();
    let (jobs, unserved) = (job_counts(&pool), unserved(&pool, live_at_end, calls.refused));
    let running_core_seconds: u64 = pool.machines.iter().flat_map(|machine| &machine.runs).fold(0, |sum, run| {
        let job = &pool.workload.jobs[run.job];
        let cpus = pool.workload.class(job).map_or(1, |class| u64::from(class.needs.cpus));
        sum + cpus * u64::try_from(end - run.started).unwrap_or(0)
    });
    let waited = pool.waiting.waited(&pool.workload.jobs, end);
    let waited = waited + pool.tally.waits.iter().map(|wait| Seconds::from(*wait)).sum::<Seconds>();
    let machines = Machines::of(&mut pool, end);
    let tally = &mut pool.tally;
    let done = jobs.done;
    let per_job = |value: f64| (done > 0).then(|| value / number(done));
    let busy = tally.useful + tally.lost + running_core_seconds;
    Report {
        engine: engine.into(),
        jobs,
        unserved,
        wait_hours: seconds(waited) / HOUR,
        bounded_slowdown: per_job(tally.slowdown),
        makespan: tally.last_done,
        end,
        machine_hours: machines.hours,
        cost: machines.cost,
        busy_core_hours: number(busy) / HOUR,
        lost_core_hours: number(tally.lost) / HOUR,
        paid_core_hours: machines.core_seconds / HOUR,
        utilisation: (machines.core_seconds > 0.0).then(|| number(busy) / machines.core_seconds),
        churn: Churn {
            launches: machines.launches,
            launches_per_1000_jobs: per_job(number(machines.launches) * 1000.0),
            unused: machines.unused,
            mean_life: (machines.launches > 0).then(|| machines.hours.asked * HOUR / number(machines.launches)),
            most,
            refused: calls.refused,
            reversals: calls.reversals,
        },
        interrupted: tally.interrupted,
        interrupted_by_lease: tally.interrupted_by_lease,
        calls,
        wait: WaitTimes::of(std::mem::take(&mut tally.waits)),
        series: tally.take_recorder().finish(),
    }
}

fn job_counts(pool: &Pool<'_>) -> JobCounts {
    let done = u64::try_from(pool.tally.waits.len()).unwrap_or(u64::MAX);
    let (running, waiting, unservable) = (pool.tally.running, pool.waiting.ready(), pool.waiting.unservable());
    JobCounts { total: done + running + waiting + unservable, done, running, waiting, unservable }
}

fn unserved(pool: &Pool<'_>, live: u64, refused: u64) -> Vec<Unserved> {
    let mut unserved: Vec<_> = pool
        .waiting
        .occupied()
        .map(|class| {
            let mut reasons: Vec<String> = pool.fit.misfits(class).iter().map(ToString::to_string).collect();
            if pool.fit.cheapest(class).is_some() {
                reasons.clear();
                reasons.push(match (live, refused) {
                    (0, 0) => "no machine was launched for them before the end".to_owned(),
                    (0, _) => format!("the cloud refused {}", counted(refused, "machine")),
                    _ => format!("{} had no room for them before the end", counted(live, "machine")),
                });
            }
            let group = pool.workload.classes[class].group.as_deref().map(ToOwned::to_owned);
            Unserved { class: class + 1, group, jobs: pool.waiting.count_of(class), reasons }
        })
        .collect();
    unserved.sort_by_key(|unserved| (std::cmp::Reverse(unserved.jobs), unserved.class));
    unserved.truncate(MOST_UNSERVED);
    unserved
}

/// Totals over machines.
struct Machines {
    hours: MachineHours,
    cost: Option<f64>,
    core_seconds: f64,
    launches: u64,
    unused: u64,
}

impl Machines {
    fn of(pool: &mut Pool<'_>, end: Seconds) -> Machines {
        let mut spent = [0; 4];
        let (mut never_joined, mut unused) = (0, 0);
        let mut by_kind = vec![0; pool.settings.kinds.len()];
        for machine in &mut pool.machines {
            let gave_up = machine.stage == Stage::Ended && machine.joined_at.is_none();
            machine.enter(Stage::Ended, end);
            if gave_up {
                never_joined += machine.spent.iter().sum::<Seconds>();
            } else {
                spent.iter_mut().zip(machine.spent).for_each(|(sum, spent)| *sum += spent);
            }
            by_kind[machine.kind] += machine.spent.iter().sum::<Seconds>();
            unused += u64::from(!machine.served);
        }
        let kinds = || pool.settings.kinds.iter().zip(&by_kind);
        let cost = |(kind, time): (&super::machine_kind::MachineKind, &Seconds)| match kind.price_per_hour {
            Some(price) => Some(price * seconds(*time) / HOUR),
            None => (*time == 0).then_some(0.0),
        };
        let hours = spent.map(|time| seconds(time) / HOUR);
        Machines {
            hours: MachineHours {
                asked: seconds(spent.iter().sum::<Seconds>() + never_joined) / HOUR,
                starting: hours[0],
                idle: hours[1],
                busy: hours[2],
                draining: hours[3],
                never_joined: seconds(never_joined) / HOUR,
            },
            cost: kinds().map(cost).sum(),
            core_seconds: kinds().map(|(kind, time)| f64::from(kind.cpus) * seconds(*time)).sum(),
            launches: u64::try_from(pool.machines.len()).unwrap_or(u64::MAX),
            unused,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "totals for people")]
fn seconds(value: Seconds) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "totals for people")]
fn number(value: u64) -> f64 {
    value as f64
}
