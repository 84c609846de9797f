//! Interrupts: the first lets calls settle and records them, the second waits for nothing; both can be resumed.

use std::time::Duration;

use hoist::cloud::sim::{Delay, SimConfig};
use hoist::engine::{DriveResult, Driver, DriverError, Phase, StopRequest};
use hoist::plan::ProgramKind;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::engine::lab::{Lab, UP, resume, terminate};
use crate::simulated::virtual_time;

/// One command that is interrupted at these times; how it ended, and how long it took.
async fn interrupted(
    lab: &mut Lab,
    interrupts: &[(u64, StopRequest)],
    prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
) -> (DriveResult, Duration) {
    let (ask, stop) = watch::channel(StopRequest::None);
    let began = Instant::now();
    let asking = async {
        for &(at, what) in interrupts {
            sleep(Duration::from_millis(at).saturating_sub(began.elapsed())).await;
            ask.send_replace(what);
        }
        // Held until the driver is at rest.
        std::future::pending::<()>().await;
    };
    let halt = tokio::select! {
        halt = lab.try_go(stop, None, prepare) => halt.unwrap(),
        () = asking => unreachable!("it never ends"),
    };
    (halt, began.elapsed())
}

fn slow_launches() -> SimConfig {
    SimConfig { launch: Delay::fixed(Duration::from_secs(8)), ..SimConfig::default() }
}

#[test]
fn a_safe_stop_waits_for_launches_and_records_them() {
    virtual_time(async {
        let mut lab = Lab::new(slow_launches(), &[&["a", "b"], &["c"]], |_| {});
        let (halt, took) = interrupted(&mut lab, &[(2000, StopRequest::Graceful)], |driver| driver.set_goal(UP)).await;
        assert_eq!(halt, DriveResult::Interrupted);
        assert!(took >= Duration::from_secs(8) && took < Duration::from_secs(9), "{took:?}");
        assert!(lab.run.records().iter().all(|record| matches!(record.phase, Phase::Launched)));
        lab.assert_recorded();
        assert_eq!(lab.cloud.alive().len(), 3);
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 3);
    });
}

#[test]
fn a_safe_stop_leaves_programs_running_and_resume_finds_them() {
    virtual_time(async {
        let config = SimConfig { program: Delay::fixed(Duration::from_secs(30)), ..SimConfig::default() };
        let mut lab = Lab::new(config, &[&["a", "b"], &["c"]], |_| {});
        // In the middle of the first level's boot programs.
        let (halt, took) =
            interrupted(&mut lab, &[(35_000, StopRequest::Graceful)], |driver| driver.set_goal(UP)).await;
        assert_eq!((halt, took), (DriveResult::Interrupted, Duration::from_secs(35)));
        assert_eq!(lab.phase("a").name(), "booting");
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.executed(ProgramKind::Boot).len(), 3, "no program was run twice");
    });
}

#[test]
fn a_safe_stop_of_a_tear_down_ends_its_calls_and_waits_for_no_machine() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"], &["c"]], |_| {});
        assert_eq!(lab.boot().await, DriveResult::Up);
        // One second for the program of `c`; then its machine is on its way out.
        let (halt, took) = interrupted(&mut lab, &[(3000, StopRequest::Graceful)], terminate).await;
        assert_eq!(halt, DriveResult::Interrupted);
        assert!(took < Duration::from_secs(4), "{took:?}");
        assert_eq!(lab.phase("c").name(), "terminating");
        assert_eq!(lab.phase("a").name(), "ready");
        assert_eq!(lab.go(resume).await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn a_second_interrupt_waits_for_nothing_and_nothing_is_lost() {
    for at in [500, 2000, 6000, 12_000, 20_000, 25_000] {
        virtual_time(async {
            let mut lab = Lab::new(slow_launches(), &[&["a", "b"], &["c"]], |_| {});
            let stops = [(at - 1, StopRequest::Graceful), (at, StopRequest::Immediate)];
            let (halt, took) = interrupted(&mut lab, &stops, |driver| driver.set_goal(UP)).await;
            assert_eq!(halt, DriveResult::Interrupted);
            assert!(took <= Duration::from_millis(at), "{took:?}");
            assert_eq!(lab.resume().await, DriveResult::Up);
            lab.assert_up();
            assert_eq!(lab.cloud.launched().len(), 3, "stopped at {at} ms");
        });
    }
}

#[test]
fn a_run_that_was_stopped_at_any_time_is_terminated_without_a_trace() {
    for at in (100..40_000).step_by(700) {
        for stop in [StopRequest::Graceful, StopRequest::Immediate] {
            virtual_time(async {
                let mut lab = Lab::new(slow_launches(), &[&["a", "b"], &["c"]], |_| {});
                interrupted(&mut lab, &[(at, stop)], |driver| driver.set_goal(UP)).await;
                assert_eq!(lab.terminate().await, DriveResult::Terminated, "{stop:?} at {at} ms");
                lab.assert_gone();
            });
        }
    }
}

#[test]
fn a_driver_whose_stop_nobody_holds_works_to_the_end() {
    virtual_time(async {
        let mut lab = Lab::simple();
        let (ask, stop) = watch::channel(StopRequest::None);
        drop(ask);
        assert_eq!(lab.try_go(stop, None, |driver| driver.set_goal(UP)).await.unwrap(), DriveResult::Up);
        lab.assert_up();
    });
}
