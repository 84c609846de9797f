//! What becomes of an annex, and what is said of it.

use std::time::Duration;

use hoist::annex::{AnnexError, AnnexEvent, AnnexPhase, PollPolicy, Progress, Reconciler, WaitFor};
use tokio::time::{Instant, sleep};

use crate::annex_work::lab::{Command, Lab, apply, in_virtual_time, spec};
use crate::annex_work::world::Mood;

#[test]
fn a_create_is_recorded_before_it_is_asked_for_and_told_of() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood::default());
        lab.lead(&apply(spec(3, 1)), None).await.unwrap().unwrap();
        lab.assert_is(&spec(3, 1), "created");
        let record = lab.record();
        assert_eq!((record.cloud_id.as_deref(), record.made, record.before), (Some("stack/1"), true, None));
        let told = lab.told.lock().unwrap();
        assert_eq!(told[0], Progress::Asked);
        assert!(told[1..].iter().all(|progress| matches!(progress, Progress::Seen(_))), "{told:?}");
        // Growing pauses: a minute is watched with about ten looks.
        assert!((5..15).contains(&told.len()), "{}", told.len());
    });
}

#[test]
fn who_waits_for_nothing_is_not_kept() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood::default());
        let tell = |_: &Progress| {};
        let work = Reconciler { cloud: &lab.cloud, journal: &lab.cloud, tell: &tell, pace: PollPolicy::default() };
        let mut record = lab.record();
        let began = Instant::now();
        work.apply(&mut record, &spec(3, 1), WaitFor::Accepted).await.unwrap();
        assert_eq!((began.elapsed(), record.stage, record.accepted), (Duration::ZERO, AnnexPhase::Applying, true));
        // The same again is content with that; somebody who looks learns what came of it.
        work.apply(&mut record, &spec(3, 1), WaitFor::Accepted).await.unwrap();
        work.refresh(&mut record).await.unwrap();
        assert_eq!(record.stage, AnnexPhase::Applying);
        sleep(Duration::from_secs(70)).await;
        work.refresh(&mut record).await.unwrap();
        assert_eq!(record.stage, AnnexPhase::Settled);
    });
}

#[test]
fn a_create_that_fails_is_rolled_back_and_says_why() {
    for (mood, why) in [
        (Mood { too_many: 3, ..Mood::default() }, "annex foo could not be made: there is no capacity"),
        (Mood { refused_from: 3, ..Mood::default() }, "that many are not allowed"),
    ] {
        in_virtual_time(async {
            let lab = Lab::new(1, mood);
            let error = lab.lead(&apply(spec(3, 1)), None).await.unwrap().unwrap_err();
            assert_eq!(error.to_string(), why);
            lab.assert_gone(why);
            let record = lab.record();
            assert!(record.rolled_back && why.ends_with(&record.reason.unwrap()), "{why}");
        });
    }
}

#[test]
fn an_update_that_fails_leaves_the_annex_as_it_was() {
    for (mood, why) in [
        (
            Mood { too_many: 5, ..Mood::default() },
            "annex foo could not be changed and is as it was before: there is no capacity",
        ),
        (Mood { refused_from: 5, ..Mood::default() }, "that many are not allowed"),
    ] {
        in_virtual_time(async {
            let lab = Lab::new(1, mood);
            lab.finish(&apply(spec(3, 1))).await.unwrap();
            let error = lab.lead(&apply(spec(5, 2)), None).await.unwrap().unwrap_err();
            assert_eq!(error.to_string(), why);
            let record = lab.record();
            assert_eq!((record.stage, record.spec), (AnnexPhase::Failed, Some(spec(3, 1))));
            // And the next one works.
            lab.finish(&apply(spec(4, 2))).await.unwrap();
            lab.assert_is(&spec(4, 2), "changed after all");
        });
    }
}

#[test]
fn troubles_that_pass_are_insisted_on_for_a_while_only() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood { troubled: Some(1), ..Mood::default() });
        let began = Instant::now();
        let error = lab.lead(&apply(spec(3, 1)), None).await.unwrap().unwrap_err();
        let AnnexError::Cloud(error) = error else { panic!("{error}") };
        assert_eq!(error.hint.as_deref(), Some("the same command goes on from here"));
        assert!(began.elapsed() >= PollPolicy::default().insist && began.elapsed() < 2 * PollPolicy::default().insist);
        assert_eq!(lab.record().stage, AnnexPhase::Applying);
        lab.cloud.world().mood.troubled = None;
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        lab.assert_is(&spec(3, 1), "when it was well again");
        let intents = lab.cloud.world().journal.iter().filter(|event| is_apply(event)).count();
        assert_eq!(intents, 1, "with the same token");
    });
}

fn is_apply(event: &AnnexEvent) -> bool {
    matches!(event, AnnexEvent::ApplyIntended { .. })
}

#[test]
fn a_lease_that_ended_is_told_and_cleared_away() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood::default());
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        lab.cloud.world().lapse();
        let error = lab.lead(&apply(spec(3, 2)), None).await.unwrap().unwrap_err();
        assert!(
            matches!(&error, AnnexError::Ending { .. }) && error.to_string().contains("its lease is over"),
            "{error}"
        );
        assert!(!lab.cloud.world().files.is_empty(), "its files are left");
        lab.finish(&Command::Delete { force: false }).await.unwrap();
        lab.assert_gone("cleared away");
        let error = lab.lead(&apply(spec(3, 2)), None).await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "annex foo has ended");
    });
}

#[test]
fn capacity_is_waited_for_and_told() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood::default());
        lab.finish(&apply(spec(5, 1))).await.unwrap();
        lab.told.lock().unwrap().clear();
        let running = wait_for_capacity(&lab).await.unwrap();
        assert_eq!(running.len(), 5);
        let told = lab.told.lock().unwrap();
        assert_eq!(told.last(), Some(&Progress::Running { running: 5, wanted: 5 }));
        assert!(told.iter().any(|progress| matches!(progress, Progress::Running { running: 0..5, wanted: 5 })));
    });
}

#[test]
fn capacity_that_never_comes_is_not_waited_for_for_ever() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood { stillborn: 2, ..Mood::default() });
        lab.finish(&apply(spec(5, 1))).await.unwrap();
        let error = wait_for_capacity(&lab).await.unwrap_err();
        assert!(matches!(error, AnnexError::TooSlow { .. }), "{error}");
        assert_eq!(error.to_string(), "3 of 5 instances of annex foo run after 45 minutes; it goes on by itself");
    });
}

#[test]
fn capacity_is_not_waited_for_once_the_annex_goes_away() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood { stillborn: 5, ..Mood::default() });
        lab.finish(&apply(spec(5, 1))).await.unwrap();
        let began = Instant::now();
        let world = lab.cloud.clone();
        let end = async {
            sleep(Duration::from_secs(100)).await;
            world.world().lapse();
        };
        let (waited, ()) = tokio::join!(wait_for_capacity(&lab), end);
        let error = waited.unwrap_err();
        assert!(matches!(error, AnnexError::Ending { .. }), "{error}");
        assert!(began.elapsed() < Duration::from_secs(300), "{:?}", began.elapsed());
    });
}

async fn wait_for_capacity(lab: &Lab) -> Result<Vec<hoist::annex::AnnexInstance>, AnnexError> {
    let tell = |progress: &Progress| lab.told.lock().unwrap().push(progress.clone());
    let work = Reconciler { cloud: &lab.cloud, journal: &lab.cloud, tell: &tell, pace: PollPolicy::default() };
    work.wait_for_capacity(&mut lab.record()).await
}

#[test]
fn instances_that_end_by_themselves_are_drained_no_more() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood::default());
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        let tell = |_: &Progress| {};
        let work = Reconciler { cloud: &lab.cloud, journal: &lab.cloud, tell: &tell, pace: PollPolicy::default() };
        let mut record = lab.record();
        let ids = ["i-0".to_owned(), "i-1".to_owned()];
        work.intend_drain(&mut record, &ids).await.unwrap();
        let lines = lab.cloud.world().journal.len();
        work.intend_drain(&mut record, &ids[..1]).await.unwrap();
        assert_eq!(lab.cloud.world().journal.len(), lines, "nothing new, nothing recorded");
        lab.cloud.world().machines.get_mut("i-0").unwrap().ended = true;
        work.refresh(&mut record).await.unwrap();
        assert_eq!((record.draining, record.spec.unwrap().count), (vec!["i-1".to_owned()], 3));
    });
}

#[test]
fn nothing_is_asked_for_that_could_not_be_recorded() {
    let lives = [
        apply(spec(3, 1)),
        apply(spec(4, 1)),
        Command::Release(vec!["i-1".to_owned()]),
        Command::Delete { force: false },
    ];
    // So many lines are recorded over this life.
    for last_line in 0..14 {
        in_virtual_time(async {
            let lab = Lab::new(1, Mood { last_line, ..Mood::default() });
            let mut failed = false;
            for command in &lives {
                let calls = calls_that_change(&lab);
                let ended = lab.lead(command, None).await.unwrap();
                // After a line that could not be recorded no other call is made, and none at all before the first
                // intent.
                if let Err(error) = ended {
                    assert!(matches!(&error, AnnexError::Store(error) if error.lock_lost), "{error}");
                    failed = true;
                    assert!(calls_that_change(&lab) <= calls + 1, "{command:?}");
                    break;
                }
            }
            assert!(failed || lab.record().stage == AnnexPhase::Ended, "{last_line}");
            lab.assert_right(&format!("{last_line} lines"));
        });
    }
}

fn calls_that_change(lab: &Lab) -> usize {
    lab.cloud.world().changes
}

#[test]
fn a_token_that_was_used_up_is_replaced_by_one_that_is_recorded() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood { token_used: true, ..Mood::default() });
        lab.lead(&apply(spec(3, 1)), None).await.unwrap().unwrap();
        lab.assert_is(&spec(3, 1), "with another token");
        let intents = lab.cloud.world().journal.iter().filter(|event| is_apply(event)).count();
        assert_eq!(intents, 2);
    });
}
