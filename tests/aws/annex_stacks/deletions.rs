//! Annexes go, and nothing else.

use hoist::annex::{AnnexCloud as _, AnnexId};

use crate::annex_stacks::lab::{Lab, id, run, token};
use hoist_test_support::aws::{Effect, Faults};

#[test]
fn of_two_names_that_begin_or_end_alike_one_goes_and_the_other_stays() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let long = "x".repeat(99);
    let pairs = [("foo".to_owned(), "foobar".to_owned()), (format!("{long}a"), format!("{long}b"))];
    run(async {
        for (one, other) in pairs {
            let (one, other) = (id(&one), id(&other));
            let stack = lab.made(&one, &lab.joining(one.name.as_str(), 2)).await;
            let stays = lab.made(&other, &lab.joining(other.name.as_str(), 1)).await;
            lab.cloud.delete(&one, Some(&stack), &[], &token("2")).await.unwrap();
            assert_eq!(lab.deleted(&one, &stack).await, None);
            assert_eq!(lab.cloud.remains(&one, Some(&stack)).await.unwrap(), []);

            assert_eq!(lab.stacks(), [other.name.stack()]);
            assert_eq!(lab.cloud.all().await.unwrap(), std::slice::from_ref(&other));
            assert_eq!((lab.cloud.instances(&other).await.unwrap().len(), lab.proxy.living().len()), (1, 1));
            assert_eq!((lab.bucket().keys().len(), lab.ends().len()), (2, 1));
            // Nor is it removed in the name of the first.
            lab.cloud.delete(&one, Some(&stack), &[], &token("3")).await.unwrap();
            lab.cloud.delete(&one, None, &[], &token("4")).await.unwrap();
            assert_eq!(lab.stacks().len(), 1);
            lab.cloud.delete(&other, Some(&stays), &[], &token("5")).await.unwrap();
            lab.nothing_is_left();
        }
    });
}

#[test]
fn one_of_the_same_name_from_another_time_keeps_its_files() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (new, old) = (id("a"), AnnexId { nonce: "ba9876543210".to_owned(), ..id("a") });
        lab.made(&new, &lab.joining("a", 1)).await;
        let files = lab.bucket().keys();
        lab.bucket().put(&format!("{}password", old.prefix()), b"x", "somebody");
        assert_eq!(lab.cloud.remains(&old, None).await.unwrap()[0].kind, "file");
        lab.cloud.delete(&old, None, &[], &token("2")).await.unwrap();
        assert_eq!((lab.bucket().keys(), lab.stacks().len()), (files, 1));
    });
}

#[test]
fn a_lost_answer_of_a_deletion_is_a_deletion() {
    let faults = Faults::new(1).first(1, "DeleteStack", Effect::LostAfter).first(1, "DeleteObject", Effect::LostAfter);
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let id = id("a");
        let stack = lab.made(&id, &lab.joining("a", 1)).await;
        lab.cloud.delete(&id, Some(&stack), &[], &token("2")).await.unwrap();
        lab.nothing_is_left();
        assert_eq!(lab.cloud.look(&id, Some(&stack)).await.unwrap(), None);
    });
}

#[test]
fn what_is_left_is_named_with_what_it_costs() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let id = id("a");
        let stack = lab.made(&id, &lab.joining("a", 2)).await;
        let left = lab.cloud.remains(&id, Some(&stack)).await.unwrap();
        let count = |kind: &str| left.iter().filter(|one| one.kind == kind).count();
        let kinds = ["stack", "group", "instance", "launch template", "file"].map(count);
        assert_eq!(kinds, [1, 1, 2, 1, 2], "{left:?}");
        assert!(left.iter().all(|one| one.bills != matches!(one.kind, "stack" | "launch template")), "{left:?}");
    });
}
