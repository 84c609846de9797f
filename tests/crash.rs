//! The journal is cut after every event; what resumes must reach the same end, with nothing leaked and nothing doubled.

mod support;

use std::time::Duration;

use hoist::cloud::sim::{Delay, SimCloud, SimConfig};
use hoist::engine::{Change, Driver, DriverError, Goal, Halt, Phase, REPAIR_LIMIT, Record, RunStatus};
use hoist::plan::Plan;

use support::{drive, plan, virtual_time};

const LEVELS: [&[&str]; 3] = [&["database", "here"], &["web-0", "web-1", "web-2"], &["proxy"]];
const MACHINES: usize = 5;
const UP: Goal = Goal::Up { repairs: 0, by_level: false };

/// A cloud whose delays differ, so that events interleave, and on which new machines show up late.
fn cloud(seed: u64) -> SimCloud {
    let between = |least, most| Delay::between(Duration::from_millis(least), Duration::from_millis(most));
    SimCloud::new(SimConfig {
        seed,
        launch: between(100, 2000),
        call: between(10, 200),
        boot: between(500, 9000),
        reach: between(100, 3000),
        shutdown: between(100, 3000),
        program: between(50, 4000),
        late_visibility: Duration::from_secs(3),
        max_batch: 2,
        ..SimConfig::default()
    })
}

fn up(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    if driver.run().goal.is_none() { driver.set_goal(UP) } else { Ok(()) }
}

fn down(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    if matches!(driver.run().goal, Some(Goal::Down)) { Ok(()) } else { driver.set_goal(Goal::Down) }
}

fn repair(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.set_goal(Goal::Up { repairs: REPAIR_LIMIT, by_level: false })?;
    for position in 0..driver.run().records().len() {
        if let Phase::Ready { .. } = driver.run().record(position).phase {
            driver.change(position, Change::Recheck)?;
        }
    }
    Ok(())
}

fn assert_up(cloud: &SimCloud, run: &hoist::engine::Run, what: &str) {
    assert_eq!(run.status(), RunStatus::Up, "{what}: {:?}", broken(run));
    let mut recorded: Vec<&str> = run.records().iter().filter_map(|record| record.instance_id()).collect();
    let alive = cloud.alive();
    let mut existing: Vec<&str> = alive.iter().map(|launched| launched.instance.id.as_str()).collect();
    recorded.sort_unstable();
    existing.sort_unstable();
    assert_eq!(existing, recorded, "{what}: what exists is what is recorded");
    assert_eq!(recorded.len(), MACHINES, "{what}");
}

/// Each program ran to its end once for each machine, however often its run was resumed.
fn assert_no_program_twice(cloud: &SimCloud, what: &str) {
    let executed = cloud.executed();
    let mut keys: Vec<&str> = executed.iter().map(|execution| execution.key.as_str()).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count, "{what}: an execution was repeated under its key");
}

fn broken(run: &hoist::engine::Run) -> Vec<&Phase> {
    run.records().iter().map(|record| &record.phase).filter(|phase| phase.is_broken()).collect()
}

/// The journal of a run that is up, on a new cloud.
async fn booted(seed: u64, plan: &Plan) -> (SimCloud, Vec<Record>) {
    let cloud = cloud(seed);
    let (halt, records, run) = drive(&cloud, plan, Vec::new(), None, up).await;
    assert_eq!(halt.unwrap(), Halt::Up, "{:#?}", broken(&run));
    assert_up(&cloud, &run, "uncut");
    assert_eq!(cloud.launched().len(), MACHINES);
    (cloud, records)
}

#[test]
fn a_boot_cut_after_any_event_is_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for seed in 0..4 {
        let length = virtual_time(booted(seed, &plan)).1.len();
        assert!(length > 40, "the journal has {length} records");
        for cut in 0..length {
            let what = format!("seed {seed}, cut after {cut}");
            virtual_time(async {
                let cloud = cloud(seed);
                let (halt, records, _) = drive(&cloud, &plan, Vec::new(), Some(cut), up).await;
                assert!(matches!(halt, Err(DriverError::Store(_))), "{what}");
                let (halt, _, run) = drive(&cloud, &plan, records, None, up).await;
                assert_eq!(halt.unwrap(), Halt::Up, "{what}: {:#?}", broken(&run));
                assert_up(&cloud, &run, &what);
                assert_eq!(cloud.launched().len(), MACHINES, "{what}: nothing was launched twice");
                assert_no_program_twice(&cloud, &what);
            });
        }
    }
}

#[test]
fn a_boot_cut_again_and_again_comes_up_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for step in 1..6 {
        virtual_time(async {
            let cloud = cloud(step as u64);
            let mut records = Vec::new();
            loop {
                let cut = records.len() + step;
                let (halt, kept, run) = drive(&cloud, &plan, records, Some(cut), up).await;
                records = kept;
                if halt.is_ok() {
                    assert_up(&cloud, &run, "at last");
                    break;
                }
                assert_eq!(records.len(), cut);
            }
            assert_eq!(cloud.launched().len(), MACHINES);
        });
    }
}

#[test]
fn a_boot_cut_after_any_event_is_terminated_without_a_trace() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for seed in 0..4 {
        let length = virtual_time(booted(seed, &plan)).1.len();
        for cut in 0..=length {
            let what = format!("seed {seed}, cut after {cut}");
            virtual_time(async {
                let cloud = cloud(seed);
                let (_, records, _) = drive(&cloud, &plan, Vec::new(), Some(cut), up).await;
                let (halt, _, run) = drive(&cloud, &plan, records, None, down).await;
                assert_eq!(halt.unwrap(), Halt::Gone, "{what}");
                assert_eq!(run.status(), RunStatus::Terminated, "{what}");
                assert_eq!(cloud.alive(), [], "{what}");
            });
        }
    }
}

#[test]
fn a_terminate_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for seed in 0..4 {
        let (start, length) = virtual_time(async {
            let (cloud, records) = booted(seed, &plan).await;
            let start = records.len();
            let (halt, records, _) = drive(&cloud, &plan, records, None, down).await;
            assert_eq!(halt.unwrap(), Halt::Gone);
            assert_eq!(cloud.alive(), []);
            (start, records.len())
        });
        for cut in start..length {
            let what = format!("seed {seed}, cut after {cut}");
            virtual_time(async {
                let (cloud, records) = booted(seed, &plan).await;
                let (halt, records, _) = drive(&cloud, &plan, records, Some(cut), down).await;
                assert!(matches!(halt, Err(DriverError::Store(_))), "{what}");
                let (halt, _, run) = drive(&cloud, &plan, records, None, down).await;
                assert_eq!(halt.unwrap(), Halt::Gone, "{what}");
                assert_eq!(run.status(), RunStatus::Terminated, "{what}");
                assert_eq!(cloud.alive(), [], "{what}");
                assert_no_program_twice(&cloud, &what);
            });
        }
    }
}

#[test]
fn a_repair_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for victim in ["database", "web-1", "proxy"] {
        let (start, length) = virtual_time(async {
            let (cloud, records) = booted(7, &plan).await;
            assert_eq!(cloud.kill(victim), 1);
            let start = records.len();
            let (halt, records, run) = drive(&cloud, &plan, records, None, repair).await;
            assert_eq!(halt.unwrap(), Halt::Up);
            assert_up(&cloud, &run, victim);
            assert_eq!(cloud.launched().len(), MACHINES + 1, "one machine was replaced");
            (start, records.len())
        });
        for cut in start..length {
            let what = format!("{victim}, cut after {cut}");
            virtual_time(async {
                let (cloud, records) = booted(7, &plan).await;
                cloud.kill(victim);
                let (halt, records, _) = drive(&cloud, &plan, records, Some(cut), repair).await;
                assert!(matches!(halt, Err(DriverError::Store(_))), "{what}");
                // The whole command again, as its user would give it.
                let (halt, _, run) = drive(&cloud, &plan, records, None, repair).await;
                assert_eq!(halt.unwrap(), Halt::Up, "{what}: {:#?}", broken(&run));
                assert_up(&cloud, &run, &what);
                assert_eq!(cloud.launched().len(), MACHINES + 1, "{what}: one machine was replaced");
            });
        }
    }
}

#[test]
fn a_reload_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let old = plan(directory.path(), &LEVELS);
    let new = plan(directory.path(), &[&["database", "here"], &["web-0", "web-1", "cache"], &["proxy"]]);
    let goal = || Goal::Reload { plan: Box::new(new.clone()), condemned: vec!["web-2".to_owned(), "proxy".to_owned()] };
    let reload = |driver: &mut Driver<'_>| driver.set_goal(goal());
    let go_on = |driver: &mut Driver<'_>| match driver.run().goal {
        Some(Goal::Up { repairs: 0, .. }) => driver.set_goal(goal()),
        _ => Ok(()),
    };
    let (start, length) = virtual_time(async {
        let (cloud, records) = booted(3, &old).await;
        let start = records.len();
        let (halt, records, run) = drive(&cloud, &old, records, None, reload).await;
        assert_eq!(halt.unwrap(), Halt::Up);
        assert_up(&cloud, &run, "reload");
        (start, records.len())
    });
    for cut in start..length {
        let what = format!("cut after {cut}");
        virtual_time(async {
            let (cloud, records) = booted(3, &old).await;
            let (halt, records, _) = drive(&cloud, &old, records, Some(cut), reload).await;
            assert!(matches!(halt, Err(DriverError::Store(_))), "{what}");
            let (halt, _, run) = drive(&cloud, &old, records, None, go_on).await;
            assert_eq!(halt.unwrap(), Halt::Up, "{what}: {:#?}", broken(&run));
            assert_up(&cloud, &run, &what);
            assert!(run.position("cache").is_some() && run.position("web-2").is_none(), "{what}");
            assert_eq!(cloud.launched().len(), MACHINES + 2, "{what}: two machines are new");
        });
    }
}
