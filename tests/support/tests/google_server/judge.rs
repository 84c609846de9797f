//! Google's own client for Python judges.

use std::process::Command;

use hoist_test_support::google::{CapacityRule, Faults, GoogleError, GoogleServer, Quota};
use hoist_test_support::judges::said;
use hoist_test_support::{place, python};

/// The client and all that it needs, with versions.
const REQUIREMENTS: &str = include_str!("client.txt");

/// Google's libraries in an interpreter, to run this script.
pub(crate) fn python_with_google(script: &str) -> Command {
    let environment = python::environment("google-client", REQUIREMENTS, &[]).unwrap();
    let mut python = Command::new(environment.join("bin/python"));
    python.arg(place::repository().join("tests/support/tests/google_server").join(script));
    python
}

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
    let judged = python_with_google("judge.py").arg(server.endpoint()).output().unwrap();
    assert!(judged.status.success(), "{}", said(&judged));
    assert_eq!(server.count("compute.regionInstances.bulkInsert"), 1);
    assert_eq!(server.instances(), []);
}
