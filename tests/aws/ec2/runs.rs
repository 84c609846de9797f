//! What must hold of whole runs on EC2, however badly it behaves.

use std::time::Duration;

use hoist::cloud::aws::api::Limits;
use hoist::cloud::aws::ec2::Ec2Timing;
use hoist::engine::DriveResult;
use hoist::plan::{Market, SourceFile, Text};

use crate::ec2::driven::{Driven, services};
use crate::ec2::lab::{HANGS, Lab, Setting, run};
use hoist_test_support::aws::{CapacityRule, Effect, Faults, Moment, Visible};

/// A lab for a cloud whose time passes this much faster.
fn at_speed(speed: u32, faults: Faults) -> Option<Lab> {
    let mut setting = Setting { limits: Limits::at_speed(speed.into()), ..Setting::default() };
    let timing = Ec2Timing::default();
    setting.options.timing = Ec2Timing {
        consistency_window: timing.consistency_window / speed,
        poll_first: timing.poll_first / speed,
        poll_longest: timing.poll_longest / speed,
        pause_first: timing.pause_first / speed,
        pause_longest: timing.pause_longest / speed,
    };
    Lab::with(faults.clock_speed(speed.into()), setting)
}

#[test]
fn lost_answers_throttling_and_errors_leave_exactly_as_many_machines_as_were_asked_for() {
    const COUNT: usize = 200;
    let storm = Faults::new(7).lost_replies(0.1).throttled(0.3).server_errors(0.05);
    // The looks come as seldom as in life: they would be most of the calls otherwise.
    let mut setting = Setting::default();
    setting.options.timing = Ec2Timing { poll_first: Duration::from_secs(1), ..Ec2Timing::default() };
    let Some(lab) = Lab::with(storm, setting) else { return };
    run(async {
        let mut driven = Driven::new(services(COUNT, true));
        assert_eq!(driven.boot(&lab).await, DriveResult::Up, "{}", driven.failure());
        driven.assert_up(&lab.proxy);
        // One call a machine, since no two are alike, and one look.
        let minimum = COUNT + 1;
        let calls = lab.proxy.calls().len();
        assert!(calls <= 2 * minimum, "{calls} calls");
        let failed = lab.proxy.calls().iter().filter(|call| call.effect.is_some()).count();
        assert!(failed > COUNT / 3, "only {failed} calls failed");
    });
}

#[test]
fn a_thousand_equal_machines_take_few_calls() {
    let faults = Faults::default().time_to_run(Duration::from_secs(45));
    let Some(lab) = at_speed(5, faults) else { return };
    run(async {
        let mut driven = Driven::new(services(1000, false));
        assert_eq!(driven.boot(&lab).await, DriveResult::Up, "{}", driven.failure());
        assert_eq!(lab.proxy.living().len(), 1000);
        assert_eq!(lab.proxy.count("RunInstances"), 1);
        assert!(lab.proxy.calls().len() <= 30, "{} calls", lab.proxy.calls().len());
    });
}

#[test]
fn the_request_limits_of_aws_are_kept_by_waiting() {
    // Calls that come later than they were sent meet those after them: a few in a hundred, which are made again. The
    // slower the machine, the slower the time has to pass for that.
    let mut throttled = Vec::new();
    for speed in [20, 5, 2] {
        let Some(lab) = at_speed(speed, Faults::default().limits()) else { return };
        run(async {
            let mut driven = Driven::new(services(100, true));
            assert_eq!(driven.boot(&lab).await, DriveResult::Up, "{}", driven.failure());
            driven.assert_up(&lab.proxy);
            let waited = lab.observed.lock().unwrap().iter().map(|call| call.waited).max().unwrap();
            assert!(waited > Duration::from_secs(2), "{waited:?}");
        });
        throttled.push(lab.proxy.error_counts().values().sum::<usize>());
        if throttled.last().is_some_and(|throttled| *throttled <= 10) {
            return;
        }
    }
    panic!("so many of 100 calls were throttled: {throttled:?}");
}

#[test]
fn machines_that_show_themselves_late_are_not_launched_again() {
    let faults = Faults::default().visible(Visible::After(Duration::from_secs(250)));
    let Some(lab) = at_speed(20, faults) else { return };
    run(async {
        let mut driven = Driven::new(services(3, false));
        assert_eq!(driven.boot(&lab).await, DriveResult::Up, "{}", driven.failure());
        driven.assert_up(&lab.proxy);
        assert_eq!(lab.proxy.count("RunInstances"), 1);
    });
}

#[test]
fn what_one_pool_lacks_comes_from_the_others() {
    for market in [Market::OnDemand, Market::Spot] {
        let faults = Faults::default()
            .capacity(CapacityRule::none("t3.nano", "*"))
            .capacity(CapacityRule::none("t3.micro", "*").left(4))
            .capacity(CapacityRule::none("t3.small", "*"));
        let Some(lab) = Lab::new(faults) else { return };
        run(async {
            let mut wanted = services(10, false);
            for service in &mut wanted {
                let launch = service.launch.as_mut().unwrap();
                launch.instance_types = ["t3.nano", "t3.micro", "t3.small", "t3.medium"].map(Text::new).into();
                launch.markets = vec![market];
            }
            let mut driven = Driven::new(wanted);
            assert_eq!(driven.boot(&lab).await, DriveResult::Up, "{}", driven.failure());
            driven.assert_up(&lab.proxy);
            let living = lab.proxy.living();
            let count = |name: &str| living.iter().filter(|instance| instance.instance_type == name).count();
            assert_eq!((count("t3.micro"), count("t3.medium")), (4, 6));
            assert_eq!(lab.proxy.count("CreateFleet"), 1);
        });
    }
}

#[test]
fn spare_capacity_that_is_not_there_is_bought_on_demand() {
    let faults = Faults::default().capacity(CapacityRule::none("*", "*").spot(true));
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let mut wanted = services(4, false);
        for service in &mut wanted {
            service.launch.as_mut().unwrap().markets = vec![Market::Spot, Market::OnDemand];
        }
        let mut driven = Driven::new(wanted);
        assert_eq!(driven.boot(&lab).await, DriveResult::Up, "{}", driven.failure());
        driven.assert_up(&lab.proxy);
        assert!(lab.proxy.living().iter().all(|instance| !instance.spot));
    });
}

#[test]
fn no_capacity_anywhere_is_told_offer_by_offer() {
    let faults = Faults::default().capacity(CapacityRule::none("*", "*"));
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let mut wanted = services(2, false);
        for service in &mut wanted {
            service.launch.as_mut().unwrap().instance_types = ["t3.small", "t3.medium"].map(Text::new).into();
        }
        let mut driven = Driven::new(wanted);
        assert_eq!(driven.boot(&lab).await, DriveResult::Failed);
        let failure = driven.failure();
        assert!(failure.contains("none of 2 offers had capacity") && failure.contains("t3.medium"), "{failure}");
        assert_eq!(lab.proxy.living(), []);
    });
}

#[test]
fn faults_while_terminating_leave_nothing_or_name_it() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut driven = Driven::new(services(20, false));
        assert_eq!(driven.boot(&lab).await, DriveResult::Up, "{}", driven.failure());
        // Some that may not be removed, down to the calls for one alone: the others go, they are named.
        let denied =
            Effect::error("UnauthorizedOperation", "You are not authorized to perform: ec2:TerminateInstances");
        lab.proxy.change(|faults| {
            *faults = Faults::new(3).lost_replies(0.1).throttled(0.3).server_errors(0.1).script(
                "TerminateInstances",
                0,
                30,
                denied,
            );
        });
        assert_eq!(driven.terminate(&lab).await, DriveResult::LeftoversRemain);
        let left: Vec<String> = lab.proxy.living().into_iter().map(|instance| instance.id).collect();
        assert!(!left.is_empty() && left.len() < 20, "{left:?}");
        let named: Vec<String> =
            driven.run.records().iter().filter_map(|record| record.instance_id().map(str::to_owned)).collect();
        assert!(left.iter().all(|id| named.contains(id)), "{left:?} {named:?}");
        // The second time it works.
        assert_eq!(driven.terminate(&lab).await, DriveResult::Terminated, "{}", driven.failure());
        assert_eq!(lab.proxy.living(), []);
    });
}

#[test]
fn a_run_that_was_killed_in_its_launch_and_edited_since_keeps_its_machines() {
    let Some(mut lab) = Lab::new(Faults::default().first(1, "RunInstances", HANGS)) else { return };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "#!/bin/sh\n").unwrap();
    run(async {
        let mut wanted = services(3, false);
        for service in &mut wanted {
            let source = SourceFile { path: file.path().to_owned(), digest: String::new() };
            service.launch.as_mut().unwrap().user_data = Some(source);
        }
        let mut driven = Driven::new(wanted);
        lab.killed_at("RunInstances", 1, Moment::Done, driven.boot(&lab)).await;
        let ids = |lab: &Lab| lab.proxy.living().into_iter().map(|instance| instance.id).collect::<Vec<_>>();
        let launched = ids(&lab);
        assert_eq!(launched.len(), 3);
        std::fs::write(file.path(), "#!/bin/sh\n# edited\n").unwrap();
        lab.restart(Setting::default());
        assert_eq!(driven.resume(&lab).await, DriveResult::Up, "{}", driven.failure());
        driven.assert_up(&lab.proxy);
        assert_eq!(ids(&lab), launched);
        assert!(lab.proxy.error_counts().contains_key("IdempotentParameterMismatch"));
    });
}
