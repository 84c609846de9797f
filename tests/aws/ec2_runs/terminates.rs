//! `hoist plan terminate` when EC2 is not well: everything is gone or named, and a second one finishes.

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults, REGION, TerminatedToken, Tokens};

fn booted(faults: Faults) -> Option<Lab> {
    let lab = Lab::without_machines(Faults::default())?;
    lab.plan("demo", "[[levels]]\n[levels.services.db]\nreplicas = 2\n[[levels]]\n[levels.services.web]\n");
    lab.hoist("plan boot demo.toml").exit(0);
    lab.cloud.change(|current| *current = faults);
    Some(lab)
}

#[test]
fn lost_replies_and_throttling_leave_nothing() {
    for seed in 1..4 {
        let faults = Faults::new(seed).throttled(0.3).lost_replies(0.1).server_errors(0.1);
        let Some(lab) = booted(faults.tokens(Tokens::Kept { terminated: TerminatedToken::Shown })) else { return };
        lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
        assert_eq!(lab.alive(), Vec::<String>::new());
    }
}

#[test]
fn what_could_not_be_terminated_is_named_and_a_second_call_finishes() {
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    let Some(lab) = booted(Faults::default().always("TerminateInstances", denied)) else { return };
    let ids = lab.alive();
    let ran = lab.hoist("plan terminate demo --yes").exit(3).says_all(&[
        "is not gone: what is listed here is still there, or its cloud could not be asked",
        "ec2:TerminateInstances",
    ]);
    for id in &ids {
        assert!(ran.raw_stdout.contains(id.as_str()), "{id} is not named: {}", ran.raw_stdout);
    }
    assert!(ran.raw_stdout.contains("hoist plan terminate demo"), "{}", ran.raw_stdout);
    assert_eq!(lab.alive(), ids);
    lab.cloud.change(|faults| *faults = Faults::default());
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn one_protected_machine_does_not_keep_the_others() {
    let Some(lab) = booted(Faults::default()) else { return };
    let kept = lab.service("demo", "db-0")["instance_id"].as_str().unwrap().to_owned();
    let protect = |value| {
        let parameters = [("InstanceId", kept.as_str()), ("DisableApiTermination.Value", value)];
        lab.somebody_asks(REGION, "ModifyInstanceAttribute", &parameters)
    };
    protect("true");
    let ran = lab.hoist("plan terminate demo --yes").exit(3);
    let ran = ran.says_all(&[
        "db-0: could not remove",
        &kept,
        "protected against termination",
        "--no-disable-api-termination",
    ]);
    assert!(
        !ran.raw_stdout.contains("db-1:") && !ran.raw_stdout.contains("web:"),
        "the others are gone: {}",
        ran.raw_stdout
    );
    assert_eq!(lab.alive(), std::slice::from_ref(&kept));
    protect("false");
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn what_hoist_made_beside_machines_goes_with_them() {
    let Some(lab) = booted(Faults::default()) else { return };
    let run = lab.cloud.instances()[0].tags["hoist:run"].clone();
    let template = [
        ("LaunchTemplateName", "hoist-left-over"),
        ("LaunchTemplateData.InstanceType", "t3.micro"),
        ("TagSpecification.1.ResourceType", "launch-template"),
        ("TagSpecification.1.Tag.1.Key", "hoist:run"),
        ("TagSpecification.1.Tag.1.Value", run.as_str()),
    ];
    lab.somebody_asks(REGION, "CreateLaunchTemplate", &template);
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
    let left = lab.cloud.ask("DescribeLaunchTemplates", &[]);
    assert!(left.items("launchTemplates").is_empty(), "{left:?}");
}

#[test]
fn whoever_may_not_list_disks_has_not_proved_them_gone() {
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    let Some(lab) = booted(Faults::default().always("DescribeVolumes", denied)) else { return };
    lab.hoist("plan terminate demo --yes")
        .exit(3)
        .says_all(&["ec2:DescribeVolumes", "volumes on ec2 are not proved gone"]);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn a_cloud_that_cannot_be_asked_at_the_end_is_not_believed() {
    let Some(lab) = booted(Faults::default()) else { return };
    let locked_out = [("AWS_ACCESS_KEY_ID", None), ("AWS_SECRET_ACCESS_KEY", None)];
    lab.hoist_with(&locked_out, "plan terminate demo --yes")
        .exit(3)
        .says_all(&["there are none", "hoist plan terminate demo"]);
    assert_eq!(lab.alive().len(), 3);
    // What is recorded is shown all the same.
    lab.hoist_with(&locked_out, "plan history demo").exit(0).says_all(&["was not asked", "web"]);
    lab.hoist_with(&locked_out, "plan logs demo").exit(0).says_all(&["cannot be shown", "no program has run"]);
    lab.hoist_with(&locked_out, "plan history demo --terminate --yes").exit(3).says_all(&["is not known"]);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn spot_machines_leave_no_open_request() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\nreplicas = 2\nmarket = \"spot\"\n");
    lab.hoist("plan boot demo.toml").exit(0);
    assert!(lab.cloud.instances().iter().all(|instance| instance.spot));
    lab.hoist("orphans").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
    assert_eq!(lab.cloud.count("CancelSpotInstanceRequests"), 0, "they are closed with their machines");
    lab.hoist("orphans").exit(0);
}
