//! Random faults, random crashes and random commands: nothing is ever left that nobody knows of, or there twice.
//!
//! `PROPTEST_CASES=N` tries N of each (256 by default).

use std::collections::BTreeMap;
use std::time::Duration;

use hoist::cloud::sim::{Delay, FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, Phase, StopRequest};
use hoist::plan::ProgramKind;
use hoist::provider::{CloudErrorKind, ExitOutcome, TAG_INTENT};
use proptest::prelude::*;
use tokio::sync::watch;

use crate::engine::lab::{self, Lab, UP};
use crate::simulated::{self, virtual_time};

const LEVELS: [&[&str]; 3] = [&["a", "here"], &["b-0", "b-1", "b-2"], &["c"]];

/// What a reload makes of them.
const OTHER_LEVELS: [&[&str]; 3] = [&["a", "here"], &["b-0", "d", "here-too"], &["c"]];

/// More commands than faults can make fail.
const ENOUGH: usize = 60;

/// The longest that a machine may live that is to die by itself.
const LONGEST_LIFE: Duration = Duration::from_secs(60);

/// What a person does to a run.
#[derive(Clone, Copy, Debug)]
enum Command {
    Resume,
    Repair,
    Reload { other: bool },
    Kill(&'static str),
}

/// One command, and where its journal is cut: after this many further records, or never.
type Act = (Command, Option<usize>);

fn program() -> impl Strategy<Value = ProgramKind> {
    prop::sample::select(vec![ProgramKind::Boot, ProgramKind::Ready, ProgramKind::Terminate])
}

fn error() -> impl Strategy<Value = CloudErrorKind> {
    prop::sample::select(vec![CloudErrorKind::Transient, CloudErrorKind::NoCapacity, CloudErrorKind::Rejected])
}

fn kind() -> impl Strategy<Value = FaultKind> {
    let seconds = |range: std::ops::Range<u64>| range.prop_map(Duration::from_secs);
    prop_oneof![
        error().prop_map(FaultKind::Launch),
        Just(FaultKind::LaunchReplyLost),
        (0usize..3).prop_map(FaultKind::LaunchCut),
        Just(FaultKind::NeverRuns),
        seconds(0..LONGEST_LIFE.as_secs()).prop_map(FaultKind::Dies),
        seconds(0..900).prop_map(FaultKind::Unreachable),
        error().prop_map(FaultKind::Describe),
        error().prop_map(FaultKind::Terminate),
        Just(FaultKind::TerminateReplyLost),
        (program(), 0i32..3).prop_map(|(program, code)| FaultKind::ProgramFails {
            program,
            outcome: ExitOutcome::Exit(code),
            output: "no luck".to_owned()
        }),
        program().prop_map(FaultKind::ProgramHangs),
        program().prop_map(FaultKind::ProgramReplyLost),
    ]
}

fn fault() -> impl Strategy<Value = SimFault> {
    let service = prop::option::of(prop::sample::select(vec!["a", "here", "b-0", "b-2", "c"]));
    (service, kind(), 1u32..4).prop_map(|(service, kind, times)| SimFault {
        service: service.map(str::to_owned),
        kind,
        times,
    })
}

fn act() -> impl Strategy<Value = Act> {
    let command = prop_oneof![
        3 => Just(Command::Resume),
        2 => Just(Command::Repair),
        2 => any::<bool>().prop_map(|other| Command::Reload { other }),
        1 => prop::sample::select(vec!["a", "b-1", "c"]).prop_map(Command::Kill),
    ];
    (command, prop::option::weighted(0.6, 1usize..60))
}

fn cloud(seed: u64, late: bool) -> SimConfig {
    let between = |least, most| Delay::between(Duration::from_millis(least), Duration::from_millis(most));
    SimConfig {
        seed,
        launch: between(100, 2000),
        call: between(10, 200),
        boot: between(500, 9000),
        reach: between(100, 3000),
        shutdown: between(100, 3000),
        program: between(50, 4000),
        late_visibility: Duration::from_secs(if late { 5 } else { 0 }),
        max_batch: 2,
        ..SimConfig::default()
    }
}

/// Every machine that exists is some service's, by its id or by a launch that is still in doubt, and no service has
/// two. What a launch in doubt brings for a service that no longer needs it goes when that launch is repeated.
fn check(lab: &Lab) -> Result<(), TestCaseError> {
    let known: Vec<&str> = lab.run.records().iter().filter_map(|record| record.instance_id()).collect();
    let in_doubt: Vec<(&str, usize)> = lab
        .run
        .records()
        .iter()
        .filter_map(|record| match &record.phase {
            Phase::Launching(intent) => Some(intent),
            Phase::Failed(failure) => failure.unanswered.as_deref(),
            Phase::Terminating(farewell) => farewell.in_doubt.as_ref(),
            _ => None,
        })
        .map(|intent| (intent.token.as_str(), intent.slot))
        .collect();
    let mut of_service: BTreeMap<String, usize> = BTreeMap::new();
    for launched in lab.cloud.alive() {
        let instance = &launched.instance;
        let (token, slot) = (instance.tags[TAG_INTENT].as_str(), instance.launch_index);
        prop_assert!(
            known.contains(&instance.id.as_str()) || in_doubt.iter().any(|&(of, _)| of == token),
            "nobody knows of {launched:?}: {:?}",
            lab.run.records()
        );
        if known.contains(&instance.id.as_str()) || in_doubt.contains(&(token, slot)) {
            *of_service.entry(launched.service).or_default() += 1;
        }
    }
    prop_assert!(of_service.values().all(|&count| count == 1), "{of_service:?}");
    Ok(())
}

async fn act_on(lab: &mut Lab, (command, cut): Act) -> Result<(), TestCaseError> {
    let (_keep, stop) = watch::channel(StopRequest::None);
    let cut = cut.map(|more| lab.records.len() + more);
    let halt = match command {
        Command::Reload { other } => {
            let new = simulated::plan(lab.path(), if other { &OTHER_LEVELS } else { &LEVELS });
            lab.try_go(stop, cut, |driver| driver.reload(new, &[])).await
        }
        Command::Resume => lab.try_go(stop, cut, lab::resume).await,
        Command::Repair => lab.try_go(stop, cut, lab::repair).await,
        Command::Kill(service) => {
            lab.cloud.kill(service);
            return Ok(());
        }
    };
    // What a crash leaves is known from the journal, not from the memory of the driver that crashed.
    lab.run = hoist::engine::Run::replay(lab::RUN_ID, "test", lab.plan.clone(), &lab.records).unwrap();
    match halt {
        Ok(DriveResult::Up) => prop_assert_eq!(lab.run.status(), hoist::engine::RunStatus::Up),
        Ok(halt) => prop_assert!(matches!(halt, DriveResult::Failed | DriveResult::LeftoversRemain), "{:?}", halt),
        Err(error) => prop_assert!(matches!(error, hoist::engine::DriverError::Store(_)), "{error}"),
    }
    check(lab)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_goes_wrong_all_is_known_and_all_goes(
        seed in any::<u64>(),
        late in any::<bool>(),
        faults in prop::collection::vec(fault(), 0..8),
        acts in prop::collection::vec(act(), 0..6),
        cuts in prop::collection::vec(1usize..40, 0..3),
        max_concurrency in 1usize..20,
    ) {
        virtual_time(async {
            let mut lab = Lab::new(cloud(seed, late), &LEVELS, |_| {});
            lab.max_concurrency = max_concurrency;
            faults.into_iter().for_each(|fault| lab.cloud.fault(fault));
            for act in acts {
                act_on(&mut lab, act).await?;
            }
            for cut in cuts {
                let (_keep, stop) = watch::channel(StopRequest::None);
                let cut = lab.records.len() + cut;
                if lab.try_go(stop, Some(cut), lab::terminate).await.is_ok_and(|halt| halt == DriveResult::Terminated) {
                    break;
                }
            }
            let mut tries = 0;
            while !lab.run.ended || lab.records.len() as u64 != lab.run.sequence() {
                prop_assert!(tries < ENOUGH, "it does not go: {:?}", lab.run.records());
                lab.terminate().await;
                tries += 1;
            }
            prop_assert_eq!(lab.cloud.alive(), []);
            Ok(())
        })?;
    }

    #[test]
    fn faults_that_pass_keep_no_run_from_coming_up(
        seed in any::<u64>(),
        faults in prop::collection::vec(fault(), 0..8),
        cuts in prop::collection::vec(1usize..40, 0..4),
    ) {
        virtual_time(async {
            let mut lab = Lab::new(cloud(seed, false), &LEVELS, |_| {});
            faults.into_iter().for_each(|fault| lab.cloud.fault(fault));
            for cut in cuts {
                act_on(&mut lab, (Command::Resume, Some(cut))).await?;
            }
            let mut tries = 0;
            loop {
                let (_keep, stop) = watch::channel(StopRequest::None);
                let halt = lab.try_go(stop, None, if lab.run.goal.is_none() { |driver: &mut hoist::engine::Driver<'_>| driver.set_goal(UP) } else { lab::repair }).await.unwrap();
                check(&lab)?;
                if halt == DriveResult::Up {
                    // A machine may die after it was ready; the next repair finds that.
                    tokio::time::sleep(LONGEST_LIFE).await;
                    if lab.cloud.alive().len() == 5 {
                        break;
                    }
                }
                tries += 1;
                prop_assert!(tries < ENOUGH, "it does not come up: {:?}", lab.run.records());
            }
            // What was up once stays as it is when it is checked again.
            prop_assert_eq!(lab.repair().await, DriveResult::Up);
            prop_assert_eq!(lab.cloud.alive().len(), 5);
            Ok(())
        })?;
    }
}
