//! Annexes that are up are changed.

use hoist::annex::{AnnexCloud as _, ObservedState};
use hoist::provider::CloudErrorKind;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::annex_stacks::lab::{Lab, id, lease, run, spec, token};
use hoist_test_support::aws::{Effect, End, Faults, RealInstance, StackScript, Verb};

/// The resources that differ.
fn changed(before: &Value, after: &Value) -> Vec<String> {
    let resources = |template: &Value| -> Map<String, Value> { template["Resources"].as_object().unwrap().clone() };
    let (before, after) = (resources(before), resources(after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

#[test]
fn an_extended_lease_changes_its_ends_alone_and_no_machine() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, mut spec) = (id("a"), lab.joining("a", 3));
        let stack = lab.made(&id, &spec).await;
        let (template, machines, before) = (lab.template("a"), lab.proxy.living(), lab.ends());
        // At no call on the way is there a group without an end.
        spec.expires_at = lease(12);
        assert_eq!(lab.cloud.apply(&id, &spec, &token("2")).await.unwrap(), Some(stack.clone()));
        assert_eq!(lab.settled(&id, Some(&stack)).await.expires_at, Some(spec.expires_at));
        // A launch template that is made anew has the present end, for what cannot read its tag.
        assert_eq!(changed(&template, &lab.template("a")), ["Close0", "End", "End0", "Group0", "Template0"]);
        let ids = |machines: Vec<RealInstance>| machines.into_iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(ids(machines), ids(lab.proxy.living()));
        let after = lab.ends();
        assert_eq!((after.len(), &after[0].0), (1, &before[0].0));
        assert_eq!(after[0].1.parse::<Timestamp>().unwrap(), spec.expires_at, "{after:?}");
        let deleting = ["DeleteScheduledAction", "DeleteSchedule", "DeleteStack"];
        assert!(lab.proxy.calls().iter().all(|call| !deleting.contains(&call.action.as_str())));
    });
}

#[test]
fn while_a_change_is_under_way_or_rolled_back_the_lease_before_holds() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, mut spec) = (id("a"), spec("a", 1));
        let stack = lab.made(&id, &spec).await;
        let before = lab.ends();
        let end = End::Fails("End0", "You have reached the limit of scheduled actions");
        lab.proxy.script_stack(StackScript { stack: "hoist-annex-a", verb: Verb::Update, looks: 2, end });
        (spec.expires_at, spec.count) = (lease(24), 2);
        lab.cloud.apply(&id, &spec, &token("2")).await.unwrap();
        for _ in 0..2 {
            assert_eq!(lab.cloud.look(&id, Some(&stack)).await.unwrap().unwrap().state, ObservedState::Changing);
            assert_eq!(lab.ends(), before);
        }
        let seen = lab.settled(&id, Some(&stack)).await;
        let reason = "End0: You have reached the limit of scheduled actions".to_owned();
        assert_eq!((seen.state, seen.token), (ObservedState::Failed(reason), Some(token("2"))));
        assert_eq!((seen.wanted, lab.ends(), lab.proxy.living().len()), (1, before, 1));
        // It can be changed again.
        lab.cloud.apply(&id, &spec, &token("3")).await.unwrap();
        assert_eq!(lab.settled(&id, Some(&stack)).await.wanted, 2);
    });
}

#[test]
fn more_and_fewer_machines_keep_those_that_are_up() {
    let Some(lab) = Lab::new(Faults::new(1).first(1, "UpdateStack", Effect::LostAfter)) else { return };
    run(async {
        let (id, mut spec) = (id("a"), spec("a", 3));
        let stack = lab.made(&id, &spec).await;
        let first: Vec<String> = lab.proxy.living().into_iter().map(|machine| machine.id).collect();
        for (count, number) in [(5, "2"), (4, "3"), (4, "4")] {
            spec.count = count;
            // A group that wants fewer ends none: who is to go is named before.
            let up: Vec<String> = lab.proxy.living().into_iter().map(|machine| machine.id).collect();
            lab.cloud.release(&id, &up[(count as usize).min(up.len())..]).await.unwrap();
            lab.cloud.apply(&id, &spec, &token(number)).await.unwrap();
            assert_eq!(lab.settled(&id, Some(&stack)).await.wanted, count);
            assert_eq!(lab.proxy.living().len(), count as usize);
        }
        let up: Vec<String> = lab.proxy.living().into_iter().map(|machine| machine.id).collect();
        assert!(first.iter().filter(|machine| up.contains(machine)).count() >= 2, "{first:?} {up:?}");
    });
}

#[test]
fn machines_that_were_released_come_back_when_they_are_wanted_again() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, spec) = (id("a"), spec("a", 4));
        let stack = lab.made(&id, &spec).await;
        let machines: Vec<String> = lab.cloud.instances(&id).await.unwrap().into_iter().map(|one| one.id).collect();
        lab.cloud.release(&id, &machines[..3]).await.unwrap();
        assert_eq!(lab.cloud.look(&id, Some(&stack)).await.unwrap().unwrap().wanted, 1);
        // The template is the same: CloudFormation would change nothing.
        lab.cloud.apply(&id, &spec, &token("2")).await.unwrap();
        assert_eq!((lab.sizes(&id, 1), lab.proxy.living().len()), (vec!["4".to_owned()], 4));
        assert!(lab.proxy.living().iter().any(|machine| machine.id == machines[3]));
        assert_eq!(lab.calls("SetDesiredCapacity").len(), 1);
    });
}

#[test]
fn what_is_being_deleted_is_not_changed() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, spec) = (id("a"), spec("a", 1));
        let stack = lab.made(&id, &spec).await;
        lab.proxy.script_stack(StackScript { stack: "hoist-annex-a", verb: Verb::Delete, looks: 3, end: End::Done });
        lab.cloud.delete(&id, Some(&stack), &[], &token("2")).await.unwrap();
        let error = lab.cloud.apply(&id, &spec, &token("3")).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (CloudErrorKind::Transient, "the annex a is being deleted"));
        assert_eq!(lab.deleted(&id, &stack).await, None);
        lab.nothing_is_left();
    });
}
