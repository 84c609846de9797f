//! What is announced where a run failed or was cut, and where it is to go; and what no announcement shows.

use hoist::cloud::sim::{SimConfig, SimFault};
use hoist::engine::PlannedAction::{Accept, Raise, Remove, Replace};
use hoist::engine::{DriveResult, Forecast, StopRequest};
use hoist::plan::ProgramKind;
use hoist::plan::{SecretSource, Text};

use crate::engine::forecasts::{LEVELS, announced, done, instances_of, program, reload, repair, service, touched, up};
use crate::engine::lab::{Lab, UP, program_fails};
use crate::simulated::virtual_time;

#[test]
fn what_failed_at_its_check_and_works_now_keeps_its_machine() {
    for reloads in [false, true] {
        virtual_time(async {
            let mut lab = Lab::simple();
            lab.cloud.fault(SimFault::once("b", program_fails(ProgramKind::Ready)).times(2));
            assert_eq!(lab.boot().await, DriveResult::Failed);
            let same = lab.plan.clone();
            let forecast =
                if reloads { reload("flaky", &mut lab, same).await } else { repair("flaky", &mut lab).await };
            let raised = [("b", Accept), ("c", Raise), ("d", Raise), ("e", Raise), ("f", Raise)];
            assert_eq!(touched(&announced(&forecast)), raised);
            assert_eq!(lab.cloud.launched().len(), 6);
            assert_eq!(lab.executed(ProgramKind::Terminate), []);
        });
    }
}

#[test]
fn what_failed_to_boot_is_replaced() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once("a", program_fails(ProgramKind::Boot)));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let forecast = repair("boot failed", &mut lab).await;
        assert_eq!(touched(&announced(&forecast))[0], ("a", Replace));
        assert_eq!(lab.cloud.launched().len(), 7);
    });
}

#[test]
fn a_run_that_was_cut_anywhere_is_repaired_as_announced() {
    let lines = virtual_time(async { up().await.records.len() });
    for cut in (1..lines).step_by(3) {
        virtual_time(async {
            let mut lab = Lab::simple();
            let (_keep, stop) = tokio::sync::watch::channel(StopRequest::None);
            lab.try_go(stop, Some(cut), |driver| driver.set_goal(UP)).await.unwrap_err();
            lab.resync();
            repair(&format!("cut after {cut}"), &mut lab).await;
            assert_eq!(lab.cloud.launched().len(), 6, "cut after {cut}");
        });
    }
}

#[test]
fn reboot_and_terminate_do_what_they_announce() {
    virtual_time(async {
        let mut lab = up().await;
        lab.cloud.kill("d");
        let (before, from) = (lab.run.clone(), lab.records.len());
        let instances = instances_of(&lab).await;
        let forecast = Forecast::reboot(&before, &instances).unwrap();
        assert!(forecast.items.iter().all(|item| item.deed == Replace));
        let farewells = |forecast: &Forecast| forecast.items.iter().filter(|item| item.farewell).count();
        assert_eq!(farewells(&forecast), 5, "nobody says goodbye to what is gone");
        assert_eq!(lab.go(|driver| driver.reboot(&instances)).await, DriveResult::Up);
        assert_eq!(announced(&forecast), done(&lab, &before, from));
        assert_eq!(lab.executed(ProgramKind::Terminate).len(), 5);

        let (before, from) = (lab.run.clone(), lab.records.len());
        let instances = instances_of(&lab).await;
        let forecast = Forecast::terminate(&before, false, &instances).unwrap();
        assert!(forecast.items.iter().all(|item| item.deed == Remove && item.farewell && item.ends.is_some()));
        assert_eq!(lab.go(|driver| driver.end(false, &instances)).await, DriveResult::Terminated);
        assert_eq!(announced(&forecast), done(&lab, &before, from));
    });
}

#[test]
fn values_that_are_secret_are_shown_by_no_announcement() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &LEVELS, |plan| {
            let path = plan.file.with_file_name("secret");
            std::fs::write(&path, "correct horse").unwrap();
            let it = service(plan, "f");
            it.secrets.insert("pin".into(), SecretSource::File(path));
            it.attributes.insert("db_password".into(), Text::new("old-one"));
        });
        assert_eq!(lab.boot().await, DriveResult::Up);
        let mut new = lab.plan.clone();
        service(&mut new, "f").attributes.insert("db_password".into(), Text::new("new-one"));
        service(&mut new, "f").attributes.insert("motto".into(), Text::new("say correct horse twice"));
        program(&mut new, "e", ProgramKind::Ready).args = vec![Text::new("--token=abc")];
        let seen = lab.seen(&new).await;
        let forecast = Forecast::reload(&lab.run, &new, &seen).unwrap().masked(&[&lab.run.plan, &new]);
        let told = format!("{forecast:?}");
        for secret in ["correct horse", "old-one", "new-one", "abc"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
        assert!(told.contains("say [secret] twice"), "{told}");
    });
}
