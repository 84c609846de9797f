//! Making the set-up, changing it, and going on with what an earlier command left.

use hoist::annex::DriftStatus;
use hoist::cloud::aws::annex::{SetupOutcome, SetupParams, SetupProgress};

use crate::annex_setup::lab::{Lab, run, terms, wrong};
use hoist_test_support::aws::{Effect, End, Faults, Verb};

#[test]
fn a_set_up_is_made_once_and_is_then_as_it_should_be() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        assert_eq!(lab.set_up.outputs().await.unwrap(), None);
        let terms = terms(&["192.0.2.7", "2001:db8::/32"]);
        assert_eq!(lab.set_up.apply(&terms, &lab.tell()).await.unwrap(), SetupOutcome::Made);
        let made = lab.set_up.outputs().await.unwrap().expect("there is one");
        assert!(made.bucket.starts_with("hoist-setup-") && made.security_group.starts_with("sg-"), "{made:?}");
        assert!(made.service_role.contains(":role/hoist/hoist-setup-ServiceRole-"), "{made:?}");
        assert!(made.boundary.contains(":policy/hoist/"), "{made:?}");
        assert_eq!(wrong(&lab.set_up.check(None).await.unwrap()), []);
        assert_eq!(wrong(&lab.set_up.check(Some(&terms)).await.unwrap()), []);
        assert_eq!(lab.set_up.apply(&terms, &lab.tell()).await.unwrap(), SetupOutcome::Unchanged);
        assert_eq!(lab.set_up.outputs().await.unwrap(), Some(made));
    });
    let create = &lab.calls("CreateStack")[..];
    let [create] = create else { panic!("{create:?}") };
    let capability = create.parameters.get("Capabilities.member.1");
    assert_eq!((create.parameters.get("StackName"), capability), (Some("hoist-setup"), Some("CAPABILITY_IAM")));
    assert!(create.parameters.get("ClientRequestToken").is_some());
    assert_eq!(create.parameters.get("Tags.member.1.Key"), Some("hoist:setup"));
}

#[test]
fn other_terms_change_what_is_there() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        let made = lab.set_up.outputs().await.unwrap();
        let other = SetupParams { ssh: true, ..terms(&["198.51.100.0/24"]) };
        let [(what, DriftStatus::Changed, details)] = &wrong(&lab.set_up.check(Some(&other)).await.unwrap())[..] else {
            panic!("only the rules differ")
        };
        assert_eq!(what, "SecurityGroup");
        for detail in
            ["lets in tcp 9618 from 192.0.2.7/32, and should not", "does not let in tcp 22 from 198.51.100.0/24"]
        {
            assert!(details.contains(detail), "{details}");
        }
        assert_eq!(lab.set_up.apply(&other, &lab.tell()).await.unwrap(), SetupOutcome::Changed);
        assert_eq!(wrong(&lab.set_up.check(Some(&other)).await.unwrap()), []);
        assert_eq!(lab.set_up.outputs().await.unwrap(), made, "nothing of it is another one now");
    });
}

#[test]
fn the_network_stays_that_of_the_set_up() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let answer = lab.ask("ec2", "CreateVpc", &[("CidrBlock", "10.9.0.0/16")]);
    let vpc = Lab::element(&answer, "vpcId");
    run(async {
        let there = SetupParams { vpc: Some(vpc.clone()), ..terms(&["192.0.2.7"]) };
        lab.set_up.apply(&there, &lab.tell()).await.unwrap();
        assert_eq!(lab.set_up.plan(&terms(&["192.0.2.8"])).await.unwrap().terms.vpc, Some(vpc.clone()));
        lab.annex("one");
        let elsewhere = SetupParams { vpc: Some(lab.default_vpc()), ..there.clone() };
        let error = lab.set_up.apply(&elsewhere, &lab.tell()).await.unwrap_err();
        assert!(error.message.contains("moved to another network while an annex lives by it: one"), "{error:?}");
        let unknown = SetupParams { vpc: Some("vpc-0000000000000dead".to_owned()), ..there };
        let error = lab.set_up.plan(&unknown).await.unwrap_err();
        assert!(error.message.contains("vpc-0000000000000dead"), "{error:?}");
    });
    assert_eq!(lab.calls("UpdateStack").len(), 0);
}

#[test]
fn bad_terms_are_refused_before_anything_is_asked() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    for (cidrs, why) in
        [(vec![], "no network is given"), (vec!["192.0.2.7/24"], "192.0.2.0/24"), (vec!["host"], "\"host\"")]
    {
        let error = run(lab.set_up.apply(&terms(&cidrs), &lab.tell())).unwrap_err();
        assert!(error.message.contains(why), "{error:?}");
    }
    assert_eq!(lab.proxy.calls().len(), 0);
}

#[test]
fn replies_that_are_lost_and_throttling_make_one_set_up() {
    let faults = Faults::new(5)
        .first(1, "CreateStack", Effect::LostAfter)
        .script("DescribeStacks", 1, 3, Effect::error("Throttling", "Rate exceeded"))
        .first(1, "UpdateStack", Effect::LostAfter);
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        assert_eq!(wrong(&lab.set_up.check(None).await.unwrap()), []);
        lab.set_up.apply(&terms(&["192.0.2.8"]), &lab.tell()).await.unwrap();
        assert_eq!(wrong(&lab.set_up.check(Some(&terms(&["192.0.2.8"]))).await.unwrap()), []);
    });
    assert_eq!(lab.ask("cloudformation", "ListStacks", &[]).matches("<StackId>").count(), 1);
}

#[test]
fn what_a_failed_try_left_is_removed_and_made_anew() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    lab.fail_next(Verb::Create, "ServiceRole", "Resource handler returned message: \"the quota of roles is used up\"");
    run(async {
        let error = lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap_err();
        for words in ["ROLLBACK_COMPLETE", "ServiceRole: ", "the quota of roles is used up"] {
            assert!(error.message.contains(words), "{error:?}");
        }
        assert_eq!(lab.set_up.outputs().await.unwrap(), None);
        assert!(!lab.told().contains(&SetupProgress::RemovingEarlier));
        assert_eq!(lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap(), SetupOutcome::Made);
        assert!(lab.told().contains(&SetupProgress::RemovingEarlier));
        assert_eq!(wrong(&lab.set_up.check(None).await.unwrap()), []);
    });
}

#[test]
fn a_failed_change_leaves_what_was_there() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        lab.fail_next(
            Verb::Update,
            "SecurityGroup",
            "The maximum number of rules per security group has been reached.",
        );
        let error = lab.set_up.apply(&terms(&["192.0.2.8"]), &lab.tell()).await.unwrap_err();
        assert!(
            error.message.contains("UPDATE_ROLLBACK_COMPLETE") && error.message.contains("maximum number"),
            "{error:?}"
        );
        assert!(lab.set_up.outputs().await.unwrap().is_some());
        assert_eq!(lab.set_up.apply(&terms(&["192.0.2.8"]), &lab.tell()).await.unwrap(), SetupOutcome::Changed);
    });
}

#[test]
fn one_command_goes_on_with_what_another_began() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    lab.script(Verb::Create, 6, End::Done);
    run(async {
        // As Ctrl-C does: what was asked for goes on.
        let first = lab.set_up.plan(&terms(&["192.0.2.7"])).await.unwrap();
        lab.begin(&first.template);
        assert_eq!(lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap(), SetupOutcome::Unchanged);
    });
    let told = lab.told();
    let waited = told.iter().filter(|told| **told == SetupProgress::State("CREATE_IN_PROGRESS".to_owned())).count();
    assert!(waited >= 1 && told.contains(&SetupProgress::State("CREATE_COMPLETE".to_owned())), "{told:?}");
    assert_eq!(lab.calls("CreateStack").len(), 0);
}
