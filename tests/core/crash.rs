//! The journal is cut after every event; what resumes must reach the same end, with nothing leaked and nothing doubled.

use std::sync::Arc;
use std::time::Duration;

use hoist::cloud::sim::{Delay, FaultKind, SimCloud, SimConfig, SimFault};
use hoist::engine::{DriveResult, Driver, DriverError, Goal, JournalEntry, Phase, Run, RunStatus, examine};
use hoist::plan::Plan;
use hoist::plan::ProgramKind;
use hoist::provider::{ExitOutcome, Infrastructure};

use crate::simulated::{drive, plan, virtual_time};

/// Machines, a service on this machine, and one at an address that exists already.
const LEVELS: [&[&str]; 3] = [&["database", "here"], &["web-0", "web-1", "web-2", "at-edge"], &["proxy"]];

/// Those with `web-2` removed and `cache` added.
const OTHER_LEVELS: [&[&str]; 3] = [&["database", "here"], &["web-0", "web-1", "cache", "at-edge"], &["proxy"]];

/// The instances of either.
const MACHINES: usize = 5;

/// How many machines one call may launch, and a seed for everything that takes time.
const CASES: [(usize, u64); 8] = [(2, 0), (2, 1), (2, 2), (1, 3), (1, 4), (3, 5), (1000, 6), (1000, 7)];

/// What a command does before it drives a run.
type Prepare<'a> = &'a dyn Fn(&mut Driver<'_>) -> Result<(), DriverError>;

/// A cloud whose delays differ, so that events interleave, and on which new machines show up late.
fn cloud((max_batch, seed): (usize, u64)) -> SimCloud {
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
        max_batch,
        ..SimConfig::default()
    })
}

/// `plan boot`, and `plan resume` of it.
fn up(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.resume()
}

/// `plan terminate`.
fn down(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.terminate()
}

/// `plan repair`.
fn repair(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.repair(&[])
}

/// A journal that can be made again and again, and the command that comes after it.
struct Scene<'a> {
    case: (usize, u64),
    plan: &'a Plan,
    /// Whether the run is up when the command begins; otherwise its journal is empty.
    booted: bool,
    /// The services whose machines die before the command.
    victims: &'a [&'a str],
    command: Prepare<'a>,
}

/// A cloud and the journal of the run on it.
type Begun = (SimCloud, Vec<JournalEntry>);

impl Scene<'_> {
    async fn begin(&self) -> Begun {
        let cloud = cloud(self.case);
        if !self.booted {
            return (cloud, Vec::new());
        }
        let (halt, records, run) = drive(&cloud, self.plan, Vec::new(), None, up).await;
        assert_eq!(halt.unwrap(), DriveResult::Up, "{:#?}", broken(&run));
        for victim in self.victims {
            assert_eq!(cloud.kill(victim), 1);
        }
        (cloud, records)
    }

    /// Lets the command come to its end, which must be this one, and gives the numbers of its first and last record.
    async fn uncut(&self, end: DriveResult) -> std::ops::Range<usize> {
        let (cloud, records) = self.begin().await;
        let first = records.len();
        let (halt, records, run) = drive(&cloud, self.plan, records, None, self.command).await;
        assert_eq!(halt.unwrap(), end, "{:#?}", broken(&run));
        first..records.len()
    }

    /// Cuts the journal after each record of the command, which ends in `end` otherwise, lets `way_on` go on from
    /// there, and checks what it came to.
    fn cut_everywhere(
        &self,
        end: DriveResult,
        way_on: Prepare<'_>,
        check: impl Fn(&SimCloud, &Run, DriveResult, &str),
    ) {
        for cut in virtual_time(self.uncut(end)) {
            virtual_time(async {
                let what = format!("{:?}, cut after {cut}", self.case);
                let (cloud, records) = self.begin().await;
                let (halt, records, _) = drive(&cloud, self.plan, records, Some(cut), self.command).await;
                assert!(matches!(halt, Err(DriverError::Store(_))), "{what}: {halt:?}");
                assert_eq!(records.len(), cut);
                let (halt, _, run) = drive(&cloud, self.plan, records, None, way_on).await;
                check(&cloud, &run, halt.unwrap(), &what);
                assert_no_program_twice(&cloud, &what);
            });
        }
    }
}

/// The run is up, what exists is what is recorded, and this many machines were ever launched.
fn assert_up(launched: usize) -> impl Fn(&SimCloud, &Run, DriveResult, &str) {
    move |cloud, run, halt, what| {
        assert_eq!(halt, DriveResult::Up, "{what}: {:#?}", broken(run));
        assert_eq!(run.status(), RunStatus::Up, "{what}");
        let mut recorded: Vec<&str> = run.records().iter().filter_map(|record| record.instance_id()).collect();
        let alive = cloud.alive();
        let mut existing: Vec<&str> = alive.iter().map(|launched| launched.instance.id.as_str()).collect();
        recorded.sort_unstable();
        existing.sort_unstable();
        assert_eq!(existing, recorded, "{what}: what exists is what is recorded");
        assert_eq!(recorded.len(), MACHINES, "{what}");
        assert_eq!(cloud.launched().len(), launched, "{what}: machines that were launched");
    }
}

fn assert_gone(cloud: &SimCloud, run: &Run, halt: DriveResult, what: &str) {
    assert_eq!(halt, DriveResult::Terminated, "{what}");
    assert_eq!(run.status(), RunStatus::Terminated, "{what}");
    assert_eq!(cloud.alive(), [], "{what}");
    for name in ["here", "at-edge"] {
        assert!(cloud.standing_host(name).files().is_empty(), "{what}: something is left on the host of {name}");
    }
}

/// Each program ran to its end once for each machine, however often its run was resumed.
fn assert_no_program_twice(cloud: &SimCloud, what: &str) {
    let executed = cloud.executed();
    let mut keys: Vec<(&str, &str)> =
        executed.iter().map(|execution| (execution.service.as_str(), execution.key.as_str())).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count, "{what}: an execution was repeated under its key");
}

fn broken(run: &Run) -> Vec<&Phase> {
    run.records().iter().map(|record| &record.phase).filter(|phase| phase.is_broken()).collect()
}

#[test]
fn a_boot_cut_after_any_event_is_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for case in CASES {
        let scene = Scene { case, plan: &plan, booted: false, victims: &[], command: &up };
        assert!(virtual_time(scene.uncut(DriveResult::Up)).len() > 40);
        scene.cut_everywhere(DriveResult::Up, &up, |cloud, run, halt, what| {
            assert_up(MACHINES)(cloud, run, halt, what);
            // Each program of each service, once.
            assert_eq!(cloud.executed().len(), 2 * run.records().len(), "{what}");
        });
    }
}

#[test]
fn a_boot_cut_again_and_again_comes_up_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for case in CASES {
        for step in 1..6 {
            virtual_time(async {
                let cloud = cloud(case);
                let mut records = Vec::new();
                loop {
                    let cut = records.len() + step;
                    let (halt, kept, run) = drive(&cloud, &plan, records, Some(cut), up).await;
                    records = kept;
                    if let Ok(halt) = halt {
                        assert_up(MACHINES)(&cloud, &run, halt, "at last");
                        break;
                    }
                    assert_eq!(records.len(), cut);
                }
            });
        }
    }
}

#[test]
fn a_boot_cut_after_any_event_is_terminated_without_a_trace() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for case in CASES {
        let scene = Scene { case, plan: &plan, booted: false, victims: &[], command: &up };
        scene.cut_everywhere(DriveResult::Up, &down, assert_gone);
    }
}

#[test]
fn a_terminate_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for case in CASES {
        let scene = Scene { case, plan: &plan, booted: true, victims: &[], command: &down };
        scene.cut_everywhere(DriveResult::Terminated, &down, |cloud, run, halt, what| {
            assert_gone(cloud, run, halt, what);
            let farewells = cloud.executed().len() - 2 * run.records().len();
            assert_eq!(farewells, run.records().len(), "{what}: terminate programs");
        });
    }
}

#[test]
fn a_repair_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    let all_victims: [&[&str]; 4] = [&["database"], &["web-1"], &["proxy"], &["database", "web-0", "web-2"]];
    for (case, victims) in CASES.into_iter().zip(all_victims.into_iter().cycle()) {
        let scene = Scene { case, plan: &plan, booted: true, victims, command: &repair };
        // The whole command again, as its user would give it.
        scene.cut_everywhere(DriveResult::Up, &repair, assert_up(MACHINES + victims.len()));
    }
}

/// `plan repair --with-dependents`
fn repair_with_dependents(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.repair_with_dependents(&[])
}

/// The plan whose boot programs are all given the address of the first service of the level before.
fn chained(directory: &std::path::Path) -> Plan {
    let mut plan = plan(directory, &LEVELS);
    for service in plan.levels.iter_mut().skip(1).flat_map(|level| &mut level.services) {
        service.programs.boot.as_mut().unwrap().args.push(hoist::plan::Text::new("${.before}"));
    }
    plan
}

#[test]
fn a_repair_with_dependents_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let plan = chained(directory.path());
    for case in CASES {
        let victims = &["database", "web-0"];
        let scene = Scene { case, plan: &plan, booted: true, victims, command: &repair_with_dependents };
        scene.cut_everywhere(DriveResult::Up, &repair_with_dependents, |cloud, run, halt, what| {
            assert_up(MACHINES + victims.len())(cloud, run, halt, what);
            for position in 0..run.records().len() {
                let name = &run.service(position).name;
                assert_eq!(hoist::engine::stale(run, position), [], "{what}: {name}");
                let boots = |execution: &&hoist::cloud::sim::ExecutionLog| {
                    execution.service == *name && execution.program == Some(hoist::plan::ProgramKind::Boot)
                };
                // All but the service on this machine read one of the two, or are one.
                let expected = if name == "here" { 1 } else { 2 };
                assert_eq!(cloud.executed().iter().filter(boots).count(), expected, "{what}: {name}");
            }
        });
    }
}

#[test]
fn a_repair_cut_after_any_event_is_terminated_without_a_trace() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for case in CASES {
        let victims = &["database", "web-1"];
        let scene = Scene { case, plan: &plan, booted: true, victims, command: &repair };
        scene.cut_everywhere(DriveResult::Up, &down, assert_gone);
    }
}

/// A reload with the other plan, in which `proxy`, the service on this machine, and the one at an address are raised
/// anew.
fn reload_with(new: &Plan) -> Goal {
    let condemned = ["web-2", "proxy", "here", "at-edge"].map(str::to_owned).to_vec();
    Goal::Reload { plan: Box::new(new.clone()), condemned, settled: Vec::new(), dependents: true }
}

#[test]
fn a_reload_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (plan(directory.path(), &LEVELS), plan(directory.path(), &OTHER_LEVELS));
    let reload = |driver: &mut Driver<'_>| driver.set_goal(reload_with(&new));
    // Where nothing of it was recorded, the command is given again; otherwise it is resumed.
    let go_on = |driver: &mut Driver<'_>| match driver.run().goal {
        Some(Goal::Up { repairs: 0, .. }) => driver.set_goal(reload_with(&new)),
        _ => Ok(()),
    };
    for case in CASES {
        let scene = Scene { case, plan: &old, booted: true, victims: &[], command: &reload };
        scene.cut_everywhere(DriveResult::Up, &go_on, |cloud, run, halt, what| {
            assert_up(MACHINES + 2)(cloud, run, halt, what);
            assert!(run.position("cache").is_some() && run.position("web-2").is_none(), "{what}");
        });
    }
}

#[test]
fn a_reload_cut_after_any_event_is_terminated_without_a_trace() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (plan(directory.path(), &LEVELS), plan(directory.path(), &OTHER_LEVELS));
    let reload = |driver: &mut Driver<'_>| driver.set_goal(reload_with(&new));
    for case in CASES {
        let scene = Scene { case, plan: &old, booted: true, victims: &[], command: &reload };
        scene.cut_everywhere(DriveResult::Up, &down, assert_gone);
    }
}

/// The last service's terminate program fails, and the run is ended by somebody who insists in the end.
#[test]
fn a_terminate_that_keeps_a_machine_is_cut_after_any_event_and_still_keeps_it() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    let fails = || FaultKind::ProgramFails {
        program: ProgramKind::Terminate,
        outcome: ExitOutcome::Exit(7),
        output: String::new(),
    };
    for case in CASES {
        let down_again = |driver: &mut Driver<'_>| driver.terminate();
        let scene = Scene { case, plan: &plan, booted: true, victims: &[], command: &down_again };
        let ends = virtual_time(async {
            let (cloud, records) = scene.begin().await;
            cloud.fault(SimFault::once("web-1", fails()).times(100));
            let first = records.len();
            let (halt, records, _) = drive(&cloud, &plan, records, None, down_again).await;
            assert_eq!(halt.unwrap(), DriveResult::LeftoversRemain);
            first..records.len()
        });
        for cut in ends {
            virtual_time(async {
                let what = format!("{case:?}, cut after {cut}");
                let (cloud, records) = scene.begin().await;
                cloud.fault(SimFault::once("web-1", fails()).times(100));
                let (_, records, _) = drive(&cloud, &plan, records, Some(cut), down_again).await;
                let (halt, records, run) = drive(&cloud, &plan, records, None, down_again).await;
                assert_eq!(halt.unwrap(), DriveResult::LeftoversRemain, "{what}");
                let state = |name: &str| run.record(run.position(name).unwrap()).phase.name();
                assert_eq!(["database", "web-1", "proxy"].map(state), ["ready", "terminating", "terminated"], "{what}");
                let ran = cloud.executed().iter().filter(|it| it.service == "web-1").count() - 2;
                assert!(ran == 1 || ran == 2, "{what}: once a command, not {ran} times");
                let insists = |driver: &mut Driver<'_>| driver.end(true, &[]);
                let (halt, _, run) = drive(&cloud, &plan, records, None, insists).await;
                assert_gone(&cloud, &run, halt.unwrap(), &what);
                assert_no_program_twice(&cloud, &what);
            });
        }
    }
}

/// A repair by somebody who looked first.
#[test]
fn a_repair_of_what_was_found_cut_after_any_event_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path(), &LEVELS);
    for case in CASES {
        let victims: &[&str] = &["database", "web-1"];
        let scene = Scene { case, plan: &plan, booted: true, victims, command: &up };
        let found = |cloud: &SimCloud, records: &[JournalEntry]| {
            let run = Run::replay("test.1", "test", plan.clone(), records).unwrap();
            let places: Arc<dyn Infrastructure> = Arc::new(cloud.clone());
            async move { examine(&run, &places, 64).await }
        };
        let lines = virtual_time(async {
            let (cloud, records) = scene.begin().await;
            let (first, seen) = (records.len(), found(&cloud, &records).await);
            let (halt, records, run) = drive(&cloud, &plan, records, None, |driver| driver.repair(&seen)).await;
            assert_up(MACHINES + victims.len())(&cloud, &run, halt.unwrap(), "uncut");
            first..records.len()
        });
        for cut in lines {
            virtual_time(async {
                let what = format!("{case:?}, cut after {cut}");
                let (cloud, records) = scene.begin().await;
                let seen = found(&cloud, &records).await;
                let (_, records, _) = drive(&cloud, &plan, records, Some(cut), |driver| driver.repair(&seen)).await;
                let seen = found(&cloud, &records).await;
                let (halt, _, run) = drive(&cloud, &plan, records, None, |driver| driver.repair(&seen)).await;
                assert_up(MACHINES + victims.len())(&cloud, &run, halt.unwrap(), &what);
                assert_no_program_twice(&cloud, &what);
            });
        }
    }
}
