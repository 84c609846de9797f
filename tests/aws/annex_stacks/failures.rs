//! What CloudFormation cannot do is told, with the reason.

use hoist::annex::{AnnexCloud as _, ObservedState};

use crate::annex_stacks::lab::{Lab, id, refused, run, spec, token};
use hoist_test_support::aws::{Effect, End, Faults, StackScript, Verb};

const REASON: &str = "The image 'ami-1' is not for this account";

#[test]
fn an_annex_that_cannot_be_made_goes_and_says_why() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let end = End::Fails("Group0", REASON);
    lab.proxy.script_stack(StackScript { stack: "hoist-annex-a", verb: Verb::Create, looks: 2, end });
    run(async {
        let id = id("a");
        let stack = lab.cloud.apply(&id, &lab.joining("a", 2), &token("1")).await.unwrap().unwrap();
        let seen = lab.settled(&id, Some(&stack)).await;
        // On its way out already, and afterwards.
        for _ in 0..3 {
            let seen = lab.cloud.look(&id, Some(&stack)).await.unwrap().unwrap();
            assert_eq!(seen.state, ObservedState::Failed(format!("Group0: {REASON}")));
        }
        assert_eq!((seen.state, seen.token), (ObservedState::Failed(format!("Group0: {REASON}")), Some(token("1"))));
        assert_eq!(lab.cloud.look(&id, None).await.unwrap(), None, "its name is free");
        lab.cloud.delete(&id, Some(&stack), &[], &token("2")).await.unwrap();
        assert_eq!(lab.cloud.remains(&id, Some(&stack)).await.unwrap(), []);
        lab.nothing_is_left();
    });
}

#[test]
fn what_fails_in_a_change_is_told_before_the_cloud_has_gone_back() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let id = id("a");
        let stack = lab.made(&id, &spec("a", 1)).await;
        let end = End::Fails("Group0", REASON);
        lab.proxy.script_stack(StackScript { stack: "hoist-annex-a", verb: Verb::Update, looks: 2, end });
        lab.cloud.apply(&id, &spec("a", 2), &token("2")).await.unwrap();
        let mut told = Vec::new();
        let last = loop {
            let seen = lab.cloud.look(&id, Some(&stack)).await.unwrap().unwrap();
            if seen.state != ObservedState::Changing {
                break seen;
            }
            told.push(seen.trouble);
        };
        // First it is at work, then it goes back.
        assert_eq!(told.first(), Some(&None));
        assert_eq!(told.last(), Some(&Some(format!("Group0: {REASON}"))));
        assert_eq!((last.state, last.trouble), (ObservedState::Failed(format!("Group0: {REASON}")), None));
    });
}

#[test]
fn an_annex_that_was_rolled_back_cannot_be_changed_but_deleted() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let id = id("a");
        let stack = lab.made(&id, &spec("a", 1)).await;
        for (status, word) in [("ROLLBACK_COMPLETE", "delete a"), ("UPDATE_ROLLBACK_FAILED", "delete a")] {
            lab.proxy.show_stack(&stack, status);
            let seen = lab.cloud.look(&id, Some(&stack)).await.unwrap().unwrap();
            assert!(matches!(seen.state, ObservedState::Failed(_)), "{seen:?}");
            let error = lab.cloud.apply(&id, &spec("a", 2), &token("2")).await.unwrap_err();
            refused(&error, &["cannot be changed", status, word]);
        }
        lab.cloud.delete(&id, Some(&stack), &[], &token("3")).await.unwrap();
        assert_eq!(lab.deleted(&id, &stack).await, None);
        lab.nothing_is_left();
    });
}

#[test]
fn a_deletion_that_fails_names_what_is_in_its_way_and_succeeds_without_it() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let id = id("a");
        let stack = lab.made(&id, &lab.joining("a", 2)).await;
        let end = End::Fails("Template0", "it is in use");
        lab.proxy.script_stack(StackScript { stack: "hoist-annex-a", verb: Verb::Delete, looks: 2, end });
        lab.cloud.delete(&id, Some(&stack), &["Template0".to_owned()], &token("2")).await.unwrap();
        let seen = lab.deleted(&id, &stack).await.unwrap();
        let survivors = vec![("Template0".to_owned(), "it is in use".to_owned())];
        assert_eq!(seen.state, ObservedState::DeleteFailed(survivors));
        // Only now it may be told what is to be left.
        assert!(!lab.calls("DeleteStack")[0].parameters.has("RetainResources"));
        lab.cloud.delete(&id, Some(&stack), &["Template0".to_owned()], &token("3")).await.unwrap();
        assert_eq!(lab.deleted(&id, &stack).await, None);
        let left = lab.cloud.remains(&id, Some(&stack)).await.unwrap();
        assert_eq!(left.iter().map(|one| (one.kind, one.bills)).collect::<Vec<_>>(), [("launch template", false)]);
        assert!(lab.proxy.living().is_empty() && lab.bucket().keys().is_empty());
    });
}

#[test]
fn throttled_looks_and_lost_answers_come_through() {
    let mut faults = Faults::new(7).only(&["*Stack*", "*AutoScaling*"]);
    faults.chances.push((0.3, Effect::error("Throttling", "Rate exceeded")));
    let Some(lab) = Lab::new(faults.lost_replies(0.1)) else { return };
    for verb in [Verb::Create, Verb::Update, Verb::Delete] {
        lab.proxy.script_stack(StackScript { stack: "hoist-annex-a", verb, looks: 5, end: End::Done });
    }
    run(async {
        let id = id("a");
        let stack = lab.made(&id, &spec("a", 2)).await;
        lab.cloud.apply(&id, &spec("a", 3), &token("2")).await.unwrap();
        assert_eq!(lab.settled(&id, Some(&stack)).await.wanted, 3);
        assert_eq!(lab.proxy.living().len(), 3);
        lab.cloud.delete(&id, Some(&stack), &[], &token("3")).await.unwrap();
        assert_eq!(lab.deleted(&id, &stack).await, None);
        lab.nothing_is_left();
    });
    let errors = lab.proxy.error_counts();
    assert!(errors.get("Throttling").is_some_and(|count| *count >= 5), "{errors:?}");
}
