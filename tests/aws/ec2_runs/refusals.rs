//! Boots that a cloud refuses in part or whole: told once, with what helps, and with no machine blamed.

use std::time::Duration;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{CapacityRule, Effect, Faults};

#[test]
fn credentials_that_expire_while_machines_come_up_are_no_fault_of_theirs() {
    let expired = Effect::error("ExpiredToken", "The security token included in the request is expired");
    let faults = Faults::default().time_to_run(Duration::from_secs(3600)).always("DescribeInstances", expired);
    let Some(lab) = Lab::without_machines(faults) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\nreplicas = 4\n");
    let ran = lab.hoist("plan boot demo.toml").exit(1);
    let ran = ran.says_all(&["have expired", "renew them", "hoist plan resume demo"]);
    assert!(
        !ran.raw_stdout.contains("repair") && !ran.raw_stderr.contains("repair"),
        "{}{}",
        ran.raw_stdout,
        ran.raw_stderr
    );
    for stream in [&ran.raw_stdout, &ran.raw_stderr] {
        assert_eq!(stream.matches("have expired").count(), 1, "{stream}");
        assert!(stream.contains("web-0, web-1, web-2 and web-3"), "{stream}");
    }
    // In JSON each service has its own.
    for number in 0..4 {
        let failure = &lab.service("demo", &format!("web-{number}"))["failure"];
        assert!(failure["reason"].as_str().unwrap().contains("have expired"), "{failure}");
    }
    let machines = lab.alive();
    lab.cloud.change(|faults| *faults = Faults::default());
    // Not even a repair takes it for a reason to replace them.
    lab.hoist("plan repair demo --yes").exit(0);
    assert_eq!(lab.alive(), machines);
    lab.hoist("plan terminate demo --yes").exit(0);
}

#[test]
fn one_error_of_many_launches_is_told_once() {
    let refused = Effect::error("AuthFailure", "AWS was not able to validate the provided access credentials");
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let services: String =
        (0..6).map(|number| format!("[levels.services.s{number}]\ntags = {{ number = \"{number}\" }}\n")).collect();
    lab.plan("demo", &format!("[[levels]]\n{services}"));
    lab.cloud.change(|faults| *faults = Faults::default().script("RunInstances", 3, usize::MAX, refused));
    let ran = lab.hoist("plan boot demo.toml").exit(1);
    for stream in [&ran.raw_stdout, &ran.raw_stderr] {
        assert_eq!(stream.matches("does not accept the credentials").count(), 1, "{stream}");
    }
    assert!(!ran.raw_stdout.contains("repair"), "{}", ran.raw_stdout);
    lab.hoist("plan terminate demo --yes").exit(0);
}

#[test]
fn an_account_without_the_role_for_spot_takes_the_next_offer() {
    let role = Effect::error(
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
        "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
    );
    let Some(lab) = Lab::without_machines(Faults::default().always("CreateFleet", role)) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\nreplicas = 2\nmarket = [\"spot\", \"on-demand\"]\n");
    let command = "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com";
    lab.hoist("plan boot demo.toml").exit(0).says_all(&[command]);
    assert!(lab.cloud.living().iter().all(|instance| !instance.spot));
    lab.hoist("plan terminate demo --yes").exit(0);

    lab.plan("only", "[[levels]]\n[levels.services.web]\nmarket = \"spot\"\n");
    let ran = lab.hoist("plan boot only.toml").exit(1).says_all(&[command]);
    assert!(ran.raw_stdout.contains(command), "the conclusion names it, too: {}", ran.raw_stdout);
    lab.hoist("plan terminate only --yes").exit(0);
}

#[test]
fn a_part_of_the_capacity_is_taken_and_the_rest_is_looked_for_elsewhere() {
    let few = || CapacityRule::none("t3.micro", "*").spot(false).left(3);
    let Some(lab) = Lab::without_machines(Faults::default().capacity(few())) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\nreplicas = 5\nmarket = [\"on-demand\", \"spot\"]\n");
    lab.hoist("plan boot demo.toml").exit(0).says_all(&["3 of 5 machines launched"]);
    let living = lab.cloud.living();
    assert_eq!((living.len(), living.iter().filter(|instance| instance.spot).count()), (5, 2));
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());

    // With nothing else to try, what there is stays, and the rest is named.
    lab.cloud.change(|faults| *faults = Faults::default().capacity(few()));
    lab.plan("less", "[[levels]]\n[levels.services.web]\nreplicas = 5\n");
    lab.hoist("plan boot less.toml").exit(1).says_all(&["3 of 5 machines launched", "2 of 5 services"]);
    assert_eq!(lab.alive().len(), 3);
    lab.cloud.change(|faults| *faults = Faults::default());
    lab.hoist("plan resume less").exit(0);
    assert_eq!(lab.alive().len(), 5);
    lab.hoist("plan terminate less --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}
