//! Tear-downs that wait: for all machines together, with progress, and no longer than there is something to wait for.

use std::time::Duration;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Call, Effect, Faults, REGION};

/// How long machines take to go: long beside what the calls take on a machine that runs many tests at once.
const DYING: Duration = Duration::from_secs(40);

fn booted(levels: &str) -> Option<Lab> {
    let lab = Lab::without_machines(Faults::default())?;
    lab.plan("demo", levels);
    lab.hoist("plan boot demo.toml").exit(0);
    lab.cloud.change(|faults| *faults = Faults::default().time_to_die(DYING));
    Some(lab)
}

fn protect(lab: &Lab, id: &str, value: &str) {
    let parameters = [("InstanceId", id), ("DisableApiTermination.Value", value)];
    lab.somebody_asks(REGION, "ModifyInstanceAttribute", &parameters);
}

/// From the first call that ends something to the last call at all, in the cloud's time.
fn took(lab: &Lab) -> Duration {
    let calls = lab.cloud.calls();
    let first = calls.iter().find(|call| call.action == "TerminateInstances").unwrap().at;
    calls.last().unwrap().at.saturating_sub(first)
}

fn terminations(lab: &Lab) -> Vec<Call> {
    lab.cloud.calls().into_iter().filter(|call| call.action == "TerminateInstances").collect()
}

#[test]
fn one_machine_that_stays_makes_no_queue_of_the_others() {
    let Some(lab) = booted("[[levels]]\n[levels.services.web]\nreplicas = 8\n") else { return };
    let kept = lab.service("demo", "web-3")["instance_id"].as_str().unwrap().to_owned();
    protect(&lab, &kept, "true");
    let ran = lab.hoist("plan terminate demo --yes").exit(3);
    let ran =
        ran.says_all(&["7 of 8 machines on ec2 gone", "1 cannot be removed", "--no-disable-api-termination", &kept]);
    assert!(ran.raw_stderr.contains("web-3"), "who stays is said on the way: {}", ran.raw_stderr);
    assert_eq!(lab.alive(), [kept.as_str()]);
    assert!(terminations(&lab).len() <= 7, "it is found by halves: {}", terminations(&lab).len());
    // One after the other would have taken seven times as long.
    assert!(took(&lab) < 4 * DYING, "{:?}", took(&lab));
    protect(&lab, &kept, "false");
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn levels_without_terminate_programs_do_not_wait_for_each_other() {
    let levels: String =
        (0..5).map(|level| format!("[[levels]]\n[levels.services.s{level}]\nreplicas = 2\n")).collect();
    let Some(lab) = booted(&levels) else { return };
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
    assert!(took(&lab) < 4 * DYING, "{:?}", took(&lab));
    // In reverse all the same, and no level with another.
    let asked: Vec<usize> = terminations(&lab).iter().map(|call| call.parameters.list("InstanceId").len()).collect();
    assert_eq!(asked, [2; 5]);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn credentials_that_expire_end_the_wait_at_once() {
    let Some(lab) = booted("[[levels]]\n[levels.services.web]\nreplicas = 3\n") else { return };
    let expired = Effect::error("ExpiredToken", "The security token included in the request is expired");
    lab.cloud.change(|faults| *faults = faults.clone().always("DescribeInstances", expired));
    let ran = lab.hoist("plan terminate demo --yes").exit(3);
    let ran = ran.says_all(&["have expired", "renew them", "hoist plan terminate demo"]);
    assert!(
        !ran.raw_stdout.contains("repair") && !ran.raw_stderr.contains("repair"),
        "{}{}",
        ran.raw_stdout,
        ran.raw_stderr
    );
    assert_eq!(ran.raw_stderr.matches("have expired").count(), 1, "told once: {}", ran.raw_stderr);
    lab.cloud.change(|faults| *faults = Faults::default());
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}
