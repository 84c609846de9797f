//! Drains: of the scaler and of people.

use std::sync::Arc;

use hoist::batch::{DrainAnswer, DrainOrder, WorkSource as _};
use hoist::elastic::engine::{DrainOwner, MachineId, PoolMachine, SlotState};

use crate::pool_tools::lab::block_on;
use crate::work_source::lab::{MARK, Pool};

fn order(machines: &[&str], unclaimed_only: bool, now: bool) -> DrainOrder {
    let machines = machines.iter().map(|&machine| MachineId::new(machine)).collect();
    DrainOrder { machines, unclaimed_only, now, mark: Arc::from(MARK), repeated: false }
}

fn drain(pool: &Pool, order: &DrainOrder) -> Vec<DrainAnswer> {
    let answers = block_on(pool.source.drain(order));
    assert_eq!(answers.iter().map(|(machine, _)| machine.clone()).collect::<Vec<_>>(), order.machines);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Lets a job run on a machine until `/run/go` is there; returns its cluster.
fn run_a_job(pool: &Pool, machine: &str, more: &str) -> String {
    let cluster = pool.submit(&format!(
        "request_memory = 16\nrequirements = TARGET.HoistInstance == \"{machine}\"\n{more}\
         arguments = \"-c 'until [ -e /run/go ]; do sleep 0.1; done'\"\nqueue"
    ));
    pool.manager.until("the job runs", || status(pool, &cluster).starts_with('2'));
    pool.until_machine(machine, "its claim is told", |machine| machine.claims() > 0);
    cluster
}

/// The status and number of starts of a job, in the queue or after it.
fn status(pool: &Pool, cluster: &str) -> String {
    let ask =
        format!("condor_q {cluster} -af JobStatus NumJobStarts; condor_history {cluster} -af JobStatus NumJobStarts");
    pool.manager.must("admin", &ask).trim().to_owned()
}

#[test]
fn a_drain_lets_a_running_job_end_takes_no_other_and_can_be_cancelled() {
    let Some(pool) = Pool::start() else { return };
    let worker = pool.worker("i-spares", "MAXJOBRETIREMENTTIME = 100 * 86400\n");
    let cluster = run_a_job(&pool, "i-spares", "");
    let all = order(&["i-spares", "i-never"], false, false);
    assert_eq!(drain(&pool, &order(&["i-spares"], true, false)), [DrainAnswer::Claimed]);
    assert!(pool.machine("i-spares").unwrap().draining.is_none(), "a machine with a claim stays as it is");
    assert_eq!(drain(&pool, &all), [DrainAnswer::Drained, DrainAnswer::Absent]);
    assert_eq!(drain(&pool, &all)[0], DrainAnswer::Drained, "repeated as after a crash");
    pool.until_machine("i-spares", "it is drained", |machine| machine.draining.is_some());
    let drained = pool.machine("i-spares").unwrap();
    let draining = drained.draining.clone().unwrap();
    assert_eq!((draining.by, draining.reason.as_deref()), (DrainOwner::Scaler, Some(MARK)));
    assert!(draining.request.is_some());
    assert_eq!((drained.slots[0].state, drained.claims()), (SlotState::Drained, 1));
    let late = pool
        .submit("request_memory = 16\nrequirements = TARGET.HoistInstance == \"i-spares\"\narguments = -c true\nqueue");
    // Some negotiations later.
    let cycles = || {
        pool.manager.must("root", "grep -c 'Phase 4' /var/log/condor/NegotiatorLog || :").trim().parse::<u32>().unwrap()
    };
    let before = cycles();
    pool.manager.until("jobs were matched", || cycles() >= before + 3);
    assert!(status(&pool, &cluster).starts_with('2'), "it runs on");
    assert_eq!(status(&pool, &late), "1 0", "none is taken");

    let machine = [MachineId::new("i-spares")];
    let other = block_on(pool.source.cancel_drain(&machine, "hoist fleet of others"));
    assert!(other[0].1.as_ref().unwrap_err().message.contains("somebody else"), "{other:?}");
    assert!(pool.machine("i-spares").unwrap().draining.is_some());
    block_on(pool.source.cancel_drain(&machine, MARK))[0].1.as_ref().unwrap();
    // Also right after, while the collector may not know of it.
    block_on(pool.source.cancel_drain(&machine, MARK))[0].1.as_ref().unwrap();
    pool.manager.until("the other job has run", || status(&pool, &late) == "4 1");
    assert!(status(&pool, &cluster).starts_with('2'), "and the first still does");
    assert_eq!(drain(&pool, &order(&["i-spares"], false, false)), [DrainAnswer::Drained], "a second time");
    pool.until_machine("i-spares", "it is drained", |machine| machine.draining.is_some());
    worker.must("root", "touch /run/go");
    pool.manager.until("the job has ended", || status(&pool, &cluster) == "4 1");
    let is_over =
        |machine: &PoolMachine| machine.claims() == 0 && machine.idle_since.is_some() && machine.draining.is_some();
    pool.until_machine("i-spares", "it is drained and has no claim", is_over);
}

#[test]
fn a_drain_that_would_end_jobs_is_refused_unless_now() {
    let Some(pool) = Pool::start() else { return };
    let _ends = pool.worker("i-ends", "");
    let spares = pool.worker("i-spares", "MAXJOBRETIREMENTTIME = 100 * 86400\n");
    let lost = run_a_job(&pool, "i-ends", "");
    // A job may shorten its own time.
    let short = run_a_job(&pool, "i-spares", "+MaxJobRetirementTime = 0\n");
    let answers = drain(&pool, &order(&["i-ends", "i-spares"], false, false));
    for answer in &answers {
        let DrainAnswer::Failed(error) = answer else { panic!("{answers:?}") };
        assert!(error.message.contains("would be ended"), "{error}");
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("MAXJOBRETIREMENTTIME")), "{error}");
    }
    pool.until_machine("i-spares", "it tells what the job has left", |machine| !machine.drain_spares_jobs);
    assert!([&lost, &short].into_iter().all(|job| status(&pool, job).starts_with('2')), "both run on");
    assert_eq!(drain(&pool, &order(&["i-ends"], false, true)), [DrainAnswer::Drained]);
    pool.manager.until("the job waits again", || status(&pool, &lost).starts_with('1'));
    // A patient drain makes way for one at once.
    pool.manager.must("admin", &format!("condor_rm {short}"));
    // A job that took over its claim would be judged by what the job before it had left, for some seconds.
    pool.until_machine("i-spares", "the claim of the job that was removed is gone", |machine| machine.claims() == 0);
    let long = run_a_job(&pool, "i-spares", "");
    pool.until_machine("i-spares", "it spares the other job", |machine| machine.drain_spares_jobs);
    assert_eq!(drain(&pool, &order(&["i-spares"], false, false)), [DrainAnswer::Drained]);
    assert_eq!(drain(&pool, &order(&["i-spares"], false, true)), [DrainAnswer::Drained]);
    pool.manager.until("the job waits again", || status(&pool, &long).starts_with('1'));
    drop(spares);
}

#[test]
fn a_persons_drain_is_told_and_never_touched() {
    let Some(pool) = Pool::start() else { return };
    let worker = pool.worker("i-repaired", "MAXJOBRETIREMENTTIME = 100 * 86400\n");
    let name = format!("{}.lab", worker.address.replace('.', "-"));
    pool.manager.must("admin", &format!("condor_drain -graceful -reason 'the fan is loud' {name}"));
    pool.until_machine("i-repaired", "it is drained", |machine| machine.draining.is_some());
    let is_theirs = || {
        let drain = pool.machine("i-repaired").unwrap().draining.unwrap();
        assert_eq!((drain.by, drain.reason.as_deref()), (DrainOwner::Person, Some("the fan is loud")));
    };
    is_theirs();
    let answers = drain(&pool, &order(&["i-repaired"], false, false));
    assert!(
        matches!(&answers[0], DrainAnswer::Failed(error) if error.message.contains("the fan is loud")),
        "{answers:?}"
    );
    let cancelled = block_on(pool.source.cancel_drain(&[MachineId::new("i-repaired")], MARK));
    assert!(cancelled[0].1.as_ref().unwrap_err().message.contains("the fan is loud"), "{cancelled:?}");
    is_theirs();
}
