//! Each command, cut off at each point and given again.

use std::time::Duration;

use crate::annex_work::lab::{Command, Lab, apply, in_virtual_time, spec};
use crate::annex_work::world::Mood;

/// The clouds on which everything is cut: one that shows everything at once, and one that is slow and tells little.
fn moods() -> [Mood; 3] {
    let lag = Duration::from_secs(20);
    [
        Mood::default(),
        Mood { lag, in_flight: Some(Duration::from_secs(8)), ..Mood::default() },
        Mood { tells_tokens: false, in_flight: Some(Duration::from_secs(1)), ..Mood::default() },
    ]
}

/// Leads `command` after `before`, cut off at every point there is, and then `again`; `check` says what must be then.
fn cut_everywhere(
    before: &[Command],
    command: &Command,
    again: &Command,
    mood: &Mood,
    check: impl Fn(&Lab, bool, &str),
) -> usize {
    for point in 0.. {
        let when = format!("{command:?} cut at point {point}, then {again:?}");
        let was_cut = in_virtual_time(async {
            let lab = Lab::new(1, mood.clone());
            for earlier in before {
                lab.finish(earlier).await.unwrap();
            }
            let was_cut = lab.lead(command, Some(point)).await.is_none();
            let worked = lab.finish(again).await.is_ok();
            check(&lab, worked, &when);
            // Whatever it came to, it can be deleted.
            lab.finish(&Command::Delete { force: false }).await.unwrap();
            lab.assert_gone(&when);
            was_cut
        });
        if !was_cut {
            return point;
        }
    }
    unreachable!("some point is the last")
}

#[test]
fn create_cut_anywhere_goes_on() {
    for mood in moods() {
        let create = apply(spec(3, 1));
        let points = cut_everywhere(&[], &create, &create, &mood, |lab, worked, when| {
            assert!(worked, "{when}");
            lab.assert_is(&spec(3, 1), when);
        });
        assert!(points > 12, "{points}");
    }
}

#[test]
fn create_cut_anywhere_and_given_again_later_has_the_later_end() {
    for mood in moods() {
        let (first, again) = (apply(spec(3, 1)), apply(spec(3, 2)));
        cut_everywhere(&[], &first, &again, &mood, |lab, worked, when| {
            assert!(worked, "{when}");
            lab.assert_is(&spec(3, 2), when);
        });
    }
}

#[test]
fn create_cut_anywhere_can_be_deleted() {
    for mood in moods() {
        for force in [false, true] {
            let delete = Command::Delete { force };
            cut_everywhere(&[], &apply(spec(3, 1)), &delete, &mood, |lab, worked, when| {
                assert!(worked, "{when}");
                lab.assert_gone(when);
            });
        }
    }
}

#[test]
fn a_create_that_fails_leaves_nothing_wherever_it_is_cut() {
    for mood in moods() {
        for mood in [Mood { too_many: 3, ..mood.clone() }, Mood { refused_from: 3, ..mood }] {
            let create = apply(spec(3, 1));
            cut_everywhere(&[], &create, &create, &mood, |lab, worked, when| {
                assert!(!worked, "{when}");
                lab.assert_gone(when);
            });
        }
    }
}

#[test]
fn update_and_extend_cut_anywhere_go_on() {
    let create = apply(spec(3, 1));
    for mood in moods() {
        for wanted in [spec(5, 1), spec(3, 2), spec(1, 4)] {
            let change = apply(wanted.clone());
            cut_everywhere(std::slice::from_ref(&create), &change, &change, &mood, |lab, worked, when| {
                assert!(worked, "{when}");
                lab.assert_is(&wanted, when);
            });
        }
    }
}

#[test]
fn an_update_cut_anywhere_gives_way_to_another_one() {
    let create = apply(spec(3, 1));
    for mood in moods() {
        let (first, second) = (apply(spec(5, 1)), apply(spec(4, 2)));
        cut_everywhere(std::slice::from_ref(&create), &first, &second, &mood, |lab, worked, when| {
            assert!(worked, "{when}");
            lab.assert_is(&spec(4, 2), when);
        });
    }
}

#[test]
fn an_update_that_fails_leaves_what_was_wherever_it_is_cut() {
    let create = apply(spec(3, 1));
    for mood in moods() {
        for mood in [Mood { too_many: 5, ..mood.clone() }, Mood { refused_from: 5, ..mood }] {
            let update = apply(spec(5, 2));
            cut_everywhere(std::slice::from_ref(&create), &update, &update, &mood, |lab, worked, when| {
                assert!(!worked, "{when}");
                let record = lab.record();
                assert_eq!(record.spec, Some(spec(3, 1)), "{when}");
                let world = lab.cloud.world();
                assert_eq!(world.stack.as_ref().unwrap().spec, spec(3, 1), "{when}");
                assert_eq!(world.alive().len(), 3, "{when}");
            });
        }
    }
}

#[test]
fn release_cut_anywhere_goes_on() {
    let create = apply(spec(3, 1));
    for mood in moods() {
        let release = Command::Release(vec!["i-0".to_owned(), "i-2".to_owned()]);
        let points = cut_everywhere(std::slice::from_ref(&create), &release, &release, &mood, |lab, worked, when| {
            assert!(worked, "{when}");
            let record = lab.record();
            assert!(record.draining.is_empty() && record.releasing.is_empty(), "{when}: {record:?}");
            let world = lab.cloud.world();
            assert_eq!((world.alive(), record.spec.unwrap().count), (vec!["i-1".to_owned()], 1), "{when}");
        });
        assert!(points >= 6, "{points}");
    }
}

#[test]
fn delete_cut_anywhere_goes_on() {
    let create = apply(spec(3, 1));
    for mood in moods() {
        for force in [false, true] {
            let delete = Command::Delete { force };
            let points = cut_everywhere(std::slice::from_ref(&create), &delete, &delete, &mood, |lab, worked, when| {
                assert!(worked, "{when}");
                lab.assert_gone(when);
            });
            assert!(points > 10, "{points}");
        }
    }
}

#[test]
fn a_deletion_with_obstacles_goes_on_wherever_it_is_cut() {
    let create = apply(spec(3, 1));
    for mood in moods() {
        let mood = Mood { obstacles: [("Role".to_owned(), 1)].into(), ..mood };
        let delete = Command::Delete { force: false };
        cut_everywhere(std::slice::from_ref(&create), &delete, &delete, &mood, |lab, _, when| {
            // What was left alone was named, in this life or in the one before.
            lab.assert_right(when);
            assert!(lab.cloud.world().alive().is_empty(), "{when}");
        });
    }
}
