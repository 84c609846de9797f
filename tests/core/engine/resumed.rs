//! What going on with a run announces: what it ends, and whether that stands in the record.

use hoist::engine::{
    DriveResult, Driver, DriverError, Forecast, JournalEntry, PlannedAction, RunEvent, ServiceEvent, StopRequest, deeds,
};
use hoist::plan::Plan;

use crate::engine::lab::Lab;
use crate::simulated::virtual_time;

/// Cuts what `begin` sets going after so many records, and goes on with it as announced; false where there was nothing
/// to cut.
async fn go_on(
    cut: usize,
    ending: DriveResult,
    begin: impl FnOnce(&mut Driver<'_>, Plan) -> Result<(), DriverError>,
) -> bool {
    let mut lab = Lab::simple();
    assert_eq!(lab.boot().await, DriveResult::Up);
    let mut plan = lab.plan.clone();
    // One goes, one changes.
    plan.levels[2].services.remove(1);
    plan.levels[1].services[0].programs.boot.as_mut().unwrap().file.digest = "new".into();
    let (_keep, stop) = tokio::sync::watch::channel(StopRequest::None);
    let recorded = lab.records.len();
    if lab.try_go(stop, Some(recorded + cut), |driver| begin(driver, plan)).await.is_ok() {
        return false;
    }
    lab.resync();
    if lab.records.len() == recorded {
        // Nothing of it is recorded: what comes together is committed together.
        return true;
    }
    let (before, from) = (lab.run.clone(), lab.records.len());
    let seen = lab.survey().await;
    let forecast = Forecast::resume(&before, &seen).unwrap();
    assert_eq!(
        forecast.ends_unrecorded(&before, &seen),
        ending == DriveResult::Terminated
            && forecast.ended().any(|service| {
                let position = before.position(service).unwrap();
                !before.record(position).phase.is_going() && before.record(position).instance_id().is_some()
            }),
        "cut after {cut}"
    );
    assert_eq!(lab.go(|driver| driver.resume_with(&seen)).await, ending, "cut after {cut}");
    let announced: Vec<(String, PlannedAction)> =
        forecast.items.iter().map(|item| (item.service.clone(), item.deed)).collect();
    let done = deeds(&before, &lab.run, lab.records[from..].iter().map(|record| &record.event));
    assert_eq!(announced, done, "cut after {cut}");
    true
}

#[test]
fn a_tear_down_that_was_cut_anywhere_goes_on_as_announced() {
    virtual_time(async {
        // The first record says that it goes down.
        let mut cut = 1;
        while go_on(cut, DriveResult::Terminated, |driver, _| driver.end(false, &[])).await {
            cut += 1;
        }
        assert!(cut > 12, "{cut}");
    });
}

#[test]
fn a_reload_that_was_cut_anywhere_goes_on_as_announced_and_ends_only_what_it_recorded() {
    virtual_time(async {
        // The first record says what goes.
        let mut cut = 1;
        while go_on(cut, DriveResult::Up, |driver, plan| driver.reload(plan, &[])).await {
            cut += 1;
        }
        assert!(cut > 12, "{cut}");
    });
}

#[test]
fn a_machine_that_was_taken_for_lost_and_is_there_is_no_recorded_end() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let change = ServiceEvent::Lost { reason: "nothing was to be seen of it".to_owned() };
        let event = RunEvent::Service { service: "a".to_owned(), change };
        let last = lab.records.last().unwrap().clone();
        lab.records.push(JournalEntry { sequence: last.sequence + 1, event, ..last });
        lab.resync();
        let seen = lab.survey().await;
        assert!(Forecast::resume(&lab.run, &seen).unwrap().ends_unrecorded(&lab.run, &seen));
        lab.cloud.kill("a");
        let seen = lab.survey().await;
        let forecast = Forecast::resume(&lab.run, &seen).unwrap();
        assert_eq!(forecast.ended().collect::<Vec<_>>(), ["a"]);
        assert!(!forecast.ends_unrecorded(&lab.run, &seen), "what is gone is not ended");
    });
}
