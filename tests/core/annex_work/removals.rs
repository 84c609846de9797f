//! Deletions, and what stands in their way.

use std::time::Duration;

use hoist::annex::{AnnexError, AnnexPhase, PollPolicy, Progress};
use tokio::time::{Instant, sleep};

use crate::annex_work::lab::{Command, Lab, apply, in_virtual_time, spec};
use crate::annex_work::world::Mood;

const DELETE: Command = Command::Delete { force: false };

fn obstacle(times: usize) -> Mood {
    Mood { obstacles: [("Role".to_owned(), times)].into(), ..Mood::default() }
}

#[test]
fn what_cannot_be_deleted_is_left_alone_once_and_named() {
    in_virtual_time(async {
        let lab = Lab::new(1, obstacle(1));
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        let error = lab.lead(&DELETE, None).await.unwrap().unwrap_err();
        let AnnexError::Remains { reasons, .. } = &error else { panic!("{error}") };
        assert_eq!(reasons, &[("Role".to_owned(), "it is in use".to_owned())]);
        assert_eq!(error.to_string(), "Role of annex foo could not be removed");
        let again = Progress::DeletingAgain { retain: vec!["Role".to_owned()] };
        assert_eq!(lab.told.lock().unwrap().iter().filter(|progress| **progress == again).count(), 1);
        assert_eq!(lab.cloud.world().retained, ["Role"], "that, and nothing else");
        assert_eq!(lab.record().stage, AnnexPhase::Deleting);
        assert_eq!(lab.record().reason.unwrap(), "Role: it is in use");
        // It was named; once nothing is left that the cloud shows, that is the end.
        lab.finish(&DELETE).await.unwrap();
        lab.assert_gone("told before");
    });
}

#[test]
fn what_cannot_even_be_left_alone_remains_until_it_can() {
    in_virtual_time(async {
        let lab = Lab::new(
            1,
            Mood { obstacles: [("Role".to_owned(), 9), ("Group".to_owned(), 1)].into(), ..Mood::default() },
        );
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        // Each attempt finds another obstacle, as where a resource is held by one that was left alone.
        lab.cloud.world().mood.obstacles.insert("Late".to_owned(), 0);
        let error = lab.lead(&DELETE, None).await.unwrap().unwrap_err();
        assert!(matches!(error, AnnexError::Remains { .. }), "{error}");
        lab.cloud.world().mood.obstacles.clear();
        lab.finish(&DELETE).await.unwrap();
        lab.assert_gone("when nothing stood in the way any more");
    });
}

#[test]
fn an_obstacle_that_went_away_costs_one_more_command() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood { obstacles: [("A".to_owned(), 1)].into(), ..Mood::default() });
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        // Cut off when the first attempt has failed.
        let mut fuse = 4;
        while lab.lead(&DELETE, Some(fuse)).await.is_none() && lab.record().undeleted.is_empty() {
            fuse += 1;
            sleep(Duration::from_secs(60)).await;
        }
        lab.finish(&DELETE).await.ok();
        lab.finish(&DELETE).await.unwrap();
        lab.assert_gone("in the end");
    });
}

#[test]
fn a_change_that_is_under_way_is_waited_for_unless_forced() {
    for (force, most) in [(false, 140), (true, 80)] {
        in_virtual_time(async {
            let lab = Lab::new(1, Mood::default());
            let began = Instant::now();
            // Cut off right after the cloud has taken it.
            lab.lead(&apply(spec(3, 1)), Some(5)).await;
            assert!(lab.cloud.world().stack.as_ref().unwrap().change.is_some());
            lab.lead(&Command::Delete { force }, None).await.unwrap().unwrap();
            lab.assert_gone("deleted");
            let took = began.elapsed().as_secs();
            let grace = PollPolicy::default().grace.as_secs();
            assert!(took < most + grace, "{force}: {took} s");
            assert_eq!(force, took < 125, "{force}: {took} s");
        });
    }
}

#[test]
fn an_update_that_is_under_way_is_not_in_the_way_of_force() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood::default());
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        // Cut off once the cloud is at it: this one refuses to delete meanwhile.
        lab.lead(&apply(spec(5, 1)), Some(7)).await;
        assert!(lab.cloud.world().stack.as_ref().unwrap().change.is_some());
        lab.lead(&Command::Delete { force: true }, None).await.unwrap().unwrap();
        lab.assert_gone("when the change was over");
    });
}

#[test]
fn what_does_not_go_is_named_in_the_end() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood::default());
        lab.finish(&apply(spec(3, 1))).await.unwrap();
        lab.cloud.world().mood.change = Duration::from_secs(24 * 3600);
        let error = lab.lead(&DELETE, None).await.unwrap().unwrap_err();
        let AnnexError::Remains { remains, reasons, .. } = &error else { panic!("{error}") };
        assert!(remains.iter().any(|remain| remain.kind == "instance" && remain.bills), "{remains:?}");
        assert_eq!(reasons[0].1, "it is still there after 45 minutes");
        assert!(error.to_string().starts_with("instance i-0, instance i-1, instance i-2 and "), "{error}");
        // It goes on by itself, and the same command sees it through.
        sleep(Duration::from_secs(24 * 3600)).await;
        lab.finish(&DELETE).await.unwrap();
        lab.assert_gone("a day later");
    });
}

#[test]
fn deleting_what_was_never_asked_for_asks_for_nothing() {
    in_virtual_time(async {
        let lab = Lab::new(1, Mood { troubled: Some(1), ..Mood::default() });
        lab.lead(&DELETE, None).await.unwrap().unwrap();
        lab.assert_gone("never there");
        assert_eq!(lab.points(), 2, "the line of the journal, before and after");
        lab.lead(&DELETE, None).await.unwrap().unwrap();
        assert_eq!(lab.cloud.world().journal.len(), 1);
    });
}
