//! Google's own client for Python judges.

use std::process::Command;

use hoist_test_support::google::{CapacityRule, Faults, GoogleError, GoogleServer, Quota};
use hoist_test_support::judges::said;
use hoist_test_support::python;

/// The client and all that it needs, with versions.
const REQUIREMENTS: &str = include_str!("client.txt");

const JUDGE: &str = include_str!("judge.py");

#[test]
fn googles_own_client_understands_the_server() {
    let faults = Faults::new(1)
        .quota(Quota::new("N2_CPUS", 2))
        .capacity(CapacityRule::none("*", "us-central1-f"))
        .unreachable("europe-west4-c")
        .denied("compute.firewalls.delete")
        .first(1, "compute.zones.get", GoogleError::rate_limited(429).effect())
        .script("compute.zones.get", 1, 2, GoogleError::backend().effect());
    let Some(server) = GoogleServer::start(faults) else { return };
    let environment = python::environment("google-client", REQUIREMENTS, &[("judge.py", JUDGE)]).unwrap();
    let python = environment.join("bin/python");
    let judged = Command::new(python).arg(environment.join("judge.py")).arg(server.endpoint()).output().unwrap();
    assert!(judged.status.success(), "{}", said(&judged));
    assert_eq!(server.count("compute.regionInstances.bulkInsert"), 1);
    assert_eq!(server.instances(), []);
}
