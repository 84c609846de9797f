//! What outlives its annex is named, found and ended.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::annex_cli::lab::Lab;
use crate::packed::unpacked;
use hoist_test_support::aws::{Effect, End, Faults, IMAGE, REGION, StackScript, Verb};

/// The living instances, as the cloud has them.
fn living(lab: &Lab) -> BTreeSet<String> {
    lab.cloud().living().into_iter().map(|instance| instance.id).collect()
}

/// Detaches an instance of annex foo from its group, as anybody with the console may.
fn detach(lab: &Lab, instance: &str) {
    let detached = [
        ("AutoScalingGroupName", "hoist-annex-foo-0"),
        ("InstanceIds.member.1", instance),
        ("ShouldDecrementDesiredCapacity", "true"),
    ];
    lab.cloud().ask_service("autoscaling", "DetachInstances", &detached);
}

/// Gives an instance another tag of an annex.
fn retag(lab: &Lab, instance: &str, value: &str) {
    let tag = [("ResourceId.1", instance), ("Tag.1.Key", "hoist:annex"), ("Tag.1.Value", value)];
    lab.cloud().ask("CreateTags", &tag);
}

/// Deletes the stack of annex foo behind its back; its group ends no instance.
fn lose_stack(lab: &Lab) {
    lab.cloud().delete_stack(REGION, "hoist-annex-foo");
}

/// The ids of these things of a document.
fn ids<'a>(things: &'a Value, key: &str) -> BTreeSet<&'a str> {
    things.as_array().unwrap().iter().map(|thing| thing[key].as_str().unwrap()).collect()
}

#[test]
fn an_instance_that_was_detached_is_marked_and_ends_with_its_annex() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 3").exit(0);
    let astray = living(&lab).pop_first().unwrap();
    detach(&lab, &astray);
    lab.hoist("annex status foo --no-pool").exit(2).says_all(&["in none of its groups", &astray, "astray"]);
    let status = lab.hoist("annex status foo --no-pool -o json").exit(2).json();
    let marked = status["instances"].as_array().unwrap().iter().filter(|one| one["mark"] == "astray");
    assert_eq!(marked.map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), [astray.as_str()]);
    lab.hoist("orphans --region us-east-1").exit(0);
    lab.hoist("annex delete foo --yes").exit(0).says_all(&["foo is gone: nothing is left of it"]);
    assert_eq!(living(&lab), BTreeSet::new());
    lab.hoist("orphans --region us-east-1").exit(0);
}

#[test]
fn what_a_lost_stack_leaves_is_told_by_status_and_orphans_and_ended_by_delete() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 2").exit(0);
    let all = living(&lab);
    detach(&lab, all.first().unwrap());
    lose_stack(&lab);
    assert_eq!(living(&lab), all, "no group ends an instance by itself");
    let told: Vec<String> = all.iter().map(|id| format!("instance {id}, which costs money")).collect();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    lab.hoist("annex status foo --no-pool").exit(1).says_all(&["foo is gone"]).says_all(&told);
    let status = lab.hoist("annex status foo --no-pool -o json").exit(1).json();
    let instances: Vec<&Value> =
        status["remains"].as_array().unwrap().iter().filter(|one| one["kind"] == "instance").collect();
    assert_eq!(instances.len(), 2, "{status:#}");
    lab.hoist("orphans --region us-east-1").exit(2).says_all(&["recorded here, and its stack is gone"]).says_all(&told);
    lab.hoist("annex delete foo --yes").exit(0).says_all(&["foo is gone: nothing is left of it"]);
    assert_eq!(living(&lab), BTreeSet::new());
    lab.hoist("orphans --region us-east-1").exit(0).says_all(&["no orphans"]);
}

#[test]
fn what_a_stack_that_is_half_gone_leaves_is_ended_by_delete() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 2").exit(0);
    detach(&lab, living(&lab).first().unwrap());
    // CloudFormation ends what it can, and gives up on the group.
    let end = End::Fails("Group0", "the group is in use by another request");
    lab.cloud().script_stack(StackScript { stack: "hoist-annex-foo", verb: Verb::Delete, looks: 2, end });
    lab.hoist("annex delete foo --yes").exit(0).says_all(&["foo is gone: nothing is left of it"]);
    assert_eq!(living(&lab), BTreeSet::new());
    lab.hoist("orphans --region us-east-1").exit(0).says_all(&["no orphans"]);
}

#[test]
fn what_a_forgotten_region_and_a_lost_state_file_leave_is_found_and_removed() {
    let Some(lab) = Lab::aws() else { return };
    let far = "eu-west-1";
    let there = |words: &str| lab.command(words).env("AWS_REGION", far).run();
    there("annex setup --yes --from 192.0.2.0/24").exit(0);
    there(&lab.created("foo", "--count 2")).exit(0);
    std::fs::rename(lab.path("state"), lab.path("old")).unwrap();
    lab.cloud().delete_stack(far, "hoist-annex-foo");
    let alive = || lab.cloud().instances_in(far).iter().filter(|one| one.lives()).count();
    assert_eq!(alive(), 2);
    lab.hoist("orphans --region us-east-1").exit(0);
    let found = lab.hoist("orphans -o json").exit(2).json();
    assert_eq!(found["annexes"].as_array().unwrap().len(), 1, "{found:#}");
    let annex = &found["annexes"][0];
    assert!(annex["place"].as_str().unwrap().contains(far) && annex["annex"] == "foo", "{annex:#}");
    assert!(ids(&annex["remains"], "kind").is_superset(&BTreeSet::from(["instance"])), "{annex:#}");
    assert_eq!(found["orphans"], json!([]), "its machines are told as its own");
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    assert_eq!(alive(), 0);
    lab.hoist("orphans").exit(0);
}

#[test]
fn a_region_that_does_not_answer_is_named_and_is_not_without_orphans() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "").exit(0);
    lab.cloud().change(|faults| *faults = Faults::new(1).closed_region("eu-central-1"));
    let ran = lab.hoist("orphans").exit(3);
    ran.says_all(&["could not ask", "eu-central-1", "1 place could not be asked; orphans may be there"]);
    lab.hoist("orphans --region us-east-1").exit(0);
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn an_instance_with_a_changed_tag_is_an_orphan() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 3").exit(0);
    let all: Vec<String> = living(&lab).into_iter().collect();
    all[..2].iter().for_each(|instance| detach(&lab, instance));
    retag(&lab, &all[0], "mine");
    lab.cloud().ask("DeleteTags", &[("ResourceId.1", &all[1]), ("Tag.1.Key", "hoist:annex")]);
    // Nothing leads from the annex to them any more.
    lab.hoist("annex delete foo --yes").exit(0);
    assert_eq!(living(&lab), all[..2].iter().cloned().collect());
    let found = lab.hoist("orphans --region us-east-1 -o json").exit(2).json();
    assert_eq!(ids(&found["orphans"], "instance_id"), all[..2].iter().map(String::as_str).collect(), "{found:#}");
    lab.hoist("orphans --region us-east-1").exit(2).says_all(&[
        "annex mine",
        "no annex has this tag",
        "its tags name no run and no annex",
    ]);
    lab.hoist("orphans --region us-east-1 --terminate --yes").exit(0);
    assert_eq!(living(&lab), BTreeSet::new());
}

#[test]
fn what_may_not_be_ended_is_named_with_the_reason_and_not_waited_for() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 2").exit(0);
    let all = living(&lab);
    let why =
        "The instance may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.";
    lab.cloud().change(|faults| {
        *faults = Faults::new(1).always("TerminateInstances", Effect::error("OperationNotPermitted", why));
    });
    let ran = lab.hoist("annex delete foo --yes -o jsonl").exit(3);
    let mut told = ran.raw_stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = told.rfind(|line| line["event"] == "remains").expect("what remains is told meanwhile");
    for id in &all {
        assert!(told["names"].as_array().unwrap().contains(&json!(format!("instance {id}"))), "{told:#}");
    }
    ran.says_all(&["annex foo is not gone; still there:", all.first().unwrap(), "disableApiTermination"]);
    assert_eq!(living(&lab), all);
    lab.hoist("orphans --region us-east-1").exit(2).says_all(&[all.first().unwrap()]);
    lab.cloud().change(|faults| *faults = Faults::new(1));
    lab.hoist("annex delete foo --yes").exit(0);
    assert_eq!(living(&lab), BTreeSet::new());
}

#[test]
fn each_instance_has_the_end_of_the_lease_wherever_it_is() {
    let Some(lab) = Lab::aws() else { return };
    let made = lab.create("foo", "--count 2 --lease 6h -o json").exit(0).json();
    let ends = || -> BTreeSet<String> {
        lab.cloud().living().iter().map(|one| one.tags["hoist:expires-at"].clone()).collect()
    };
    assert_eq!(ends(), BTreeSet::from([made["expires_at"].as_str().unwrap().to_owned()]));
    let user_data = lab.cloud().user_data(REGION, &living(&lab).pop_first().unwrap());
    let text = unpacked(&user_data);
    assert!(text.contains("latest/meta-data/tags/instance/hoist:expires-at"), "{text}");
    detach(&lab, &living(&lab).pop_first().unwrap());
    let moved = lab.hoist("annex extend foo --yes --lease 9h -o json").exit(0).json();
    let moved = moved["expires_at"].as_str().unwrap().to_owned();
    assert_eq!(ends(), BTreeSet::from([moved.clone()]));
    // What comes later has the present end at once.
    lab.hoist("annex update foo --count 3 --yes").exit(0);
    assert_eq!(ends(), BTreeSet::from([moved.clone()]));
    // A lease that its machines would not follow is not promised.
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud().change(|faults| *faults = Faults::new(1).always("CreateTags", denied));
    let updates = lab.cloud().count("UpdateStack");
    lab.hoist("annex extend foo --yes --lease 12h").exit(1).says_all(&["renew the lease", "hoist annex policy"]);
    assert_eq!((lab.cloud().count("UpdateStack"), ends()), (updates, BTreeSet::from([moved])));
    lab.cloud().change(|faults| *faults = Faults::new(1));
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn no_group_ends_an_instance_by_itself() {
    let Some(lab) = Lab::aws() else { return };
    let pool = format!("--pool image={IMAGE},type=t3.small");
    lab.hoist(&format!("annex create foo {pool} --pool-software none --count 3 --yes")).exit(0);
    let all = living(&lab);
    let actions: Vec<String> = lab.cloud().calls().into_iter().map(|call| call.action).collect();
    let place = |action: &str| actions.iter().position(|known| known == action);
    assert!(place("CreateStack") < place("SuspendProcesses") && place("SuspendProcesses").is_some(), "{actions:?}");
    let suspended: Vec<String> = lab
        .cloud()
        .calls()
        .iter()
        .filter(|call| call.action == "SuspendProcesses")
        .map(|call| call.parameters.get("ScalingProcesses.member.1").unwrap_or_default().to_owned())
        .collect();
    assert_eq!(suspended, ["AZRebalance"], "unhealthy instances are replaced all the same");
    // Rebalancing, an alarm, a schedule of somebody else: they all ask the group for fewer.
    let fewer = [("AutoScalingGroupName", "hoist-annex-foo-0"), ("DesiredCapacity", "1")];
    lab.cloud().ask_service("autoscaling", "SetDesiredCapacity", &fewer);
    assert_eq!(living(&lab), all);
    lab.cloud().ask_service("autoscaling", "SetDesiredCapacity", &[fewer[0], ("DesiredCapacity", "3")]);
    // Somebody resumes it: it is suspended again before an instance leaves.
    let resume = [("AutoScalingGroupName", "hoist-annex-foo-0"), ("ScalingProcesses.member.1", "AZRebalance")];
    lab.cloud().ask_service("autoscaling", "ResumeProcesses", &resume);
    let before = lab.cloud().calls().len();
    lab.hoist("annex update foo --count 2 --yes").exit(0);
    assert_eq!(living(&lab).len(), 2);
    let later: Vec<String> = lab.cloud().calls().drain(before..).map(|call| call.action).collect();
    let place = |action: &str| later.iter().position(|known| known == action);
    assert!(place("SuspendProcesses").is_some(), "{later:?}");
    assert!(place("SuspendProcesses") < place("TerminateInstanceInAutoScalingGroup"), "{later:?}");
    lab.hoist("annex delete foo --yes").exit(0);
}
