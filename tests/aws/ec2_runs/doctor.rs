//! `hoist doctor`: each thing is told right or wrong, with what to do.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults};
use hoist_test_support::ran::Ran;

/// What doctor says of one thing: how it is, and everything it says.
fn finding(ran: &Ran, what: &str) -> (String, String) {
    let document = ran.json();
    let found = document["findings"].as_array().unwrap().iter().find(|finding| finding["what"] == what);
    let found = found.unwrap_or_else(|| panic!("nothing of {what}: {document:#}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("status"), format!("{} {}", text("detail"), text("remedy")))
}

#[track_caller]
fn assert_wrong(ran: &Ran, what: &str, says: &[&str]) {
    let (status, text) = finding(ran, what);
    assert_eq!(status, "wrong", "{what}: {text}");
    says.iter().for_each(|says| assert!(text.contains(says), "{what} does not say {says}: {text}"));
    assert_eq!((ran.code, &ran.json()["healthy"]), (Some(1), &Value::from(false)));
}

#[test]
fn all_is_well_where_all_is_set_up() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let ran = lab.hoist("doctor -o json").exit(0);
    for what in ["state file", "local cloud", "ssh", "ec2 region", "credentials", "clock", "ec2 api"] {
        assert_eq!(finding(&ran, what).0, "ok", "{what}");
    }
    lab.hoist("doctor").exit(0).says_all(&["arn:aws:sts::", "us-east-1 at http://127.0.0.1"]);
    assert!(!lab.state().exists(), "whoever only asks leaves nothing behind");
}

#[test]
fn what_is_not_set_up_is_not_wrong_and_nobody_is_waited_for() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let unset = [
        ("AWS_ACCESS_KEY_ID", None),
        ("AWS_SECRET_ACCESS_KEY", None),
        ("AWS_REGION", None),
        ("AWS_ENDPOINT_URL", None),
        ("AWS_EC2_METADATA_DISABLED", None),
    ];
    // An instance's metadata service that is not there is waited for a second at least, twice; the machine itself may
    // be slow now and then.
    let mut times = Vec::new();
    while times.iter().all(|took| *took >= Duration::from_secs(2)) {
        assert!(times.len() < 5, "{times:?}");
        let began = Instant::now();
        let ran = lab.hoist_with(&unset, "doctor -o json").exit(0);
        times.push(began.elapsed());
        let (status, text) = finding(&ran, "ec2");
        assert!(status == "not set up" && text.contains("AWS_PROFILE"), "{text}");
    }
}

#[test]
fn what_is_wrong_with_the_way_to_ec2_is_told() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let with = |environment: &[(&str, Option<&str>)]| lab.hoist_with(environment, "doctor -o json");
    let none = with(&[("AWS_ACCESS_KEY_ID", None)]);
    assert_wrong(&none, "ec2 settings", &["there are none", "aws configure"]);
    let expired = [("AWS_SESSION_TOKEN", Some("x")), ("AWS_CREDENTIAL_EXPIRATION", Some("2026-01-01T00:00:00Z"))];
    assert_wrong(&with(&expired), "ec2 settings", &["expired at 2026-01-01 00:00:00", "renew"]);
    assert_wrong(
        &with(&[("AWS_ENDPOINT_URL", Some("localhost:80"))]),
        "ec2 settings",
        &["did you mean https://localhost:80?"],
    );
    let url = crate::ec2_runs::lab::NOBODY;
    assert_wrong(&with(&[("AWS_ENDPOINT_URL", Some(url))]), "credentials", &["nothing listens at", url]);
    let region = [("AWS_ENDPOINT_URL", None), ("AWS_REGION", Some("us-east-1a"))];
    assert_wrong(&with(&region), "ec2 settings", &["availability zone", "us-east-1"]);
    assert_wrong(&lab.hoist("doctor --profile nobody -o json"), "ec2 settings", &["profile nobody", "aws configure"]);
}

#[test]
fn what_ec2_refuses_is_told() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let refuses = |code: &str| {
        let effect = Effect::error(code, "AWS says so.");
        lab.cloud.change(|faults| *faults = Faults::default().always("GetCallerIdentity", effect));
        lab.hoist("doctor -o json")
    };
    assert_wrong(&refuses("InvalidClientTokenId"), "credentials", &["InvalidClientTokenId"]);
    assert_wrong(&refuses("ExpiredToken"), "credentials", &["expired"]);
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeRegions", denied));
    assert_wrong(&lab.hoist("doctor -o json"), "ec2 api", &["ec2:DescribeRegions"]);
}

#[test]
fn a_clock_that_is_wrong_is_told_also_by_a_refusal() {
    let Some(lab) = Lab::without_machines(Faults::default().clock_ahead(600)) else { return };
    assert_wrong(&lab.hoist("doctor -o json"), "clock", &["s behind the cloud's", "timedatectl"]);
    let refused = Effect::error("SignatureDoesNotMatch", "Signature expired.");
    lab.cloud.change(|faults| *faults = Faults::default().clock_ahead(-600).always("GetCallerIdentity", refused));
    let ran = lab.hoist("doctor -o json");
    assert_wrong(&ran, "clock", &["s ahead of the cloud's"]);
    assert_wrong(&ran, "credentials", &["clock is 10 min ahead"]);
}

#[test]
fn what_is_wrong_on_this_machine_is_told() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let empty = lab.path("home");
    let ran = lab.hoist_with(&[("PATH", empty.to_str())], "doctor -o json");
    assert_wrong(&ran, "ssh", &["no program ssh", "openssh-client"]);

    lab.file("state.db", "this is no database");
    let state = lab.path("plan/state.db");
    std::fs::set_permissions(&state, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let ran = lab.hoist_with(&[("HOIST_STATE", state.to_str())], "doctor -o json");
    assert_wrong(&ran, "state file", &[state.to_str().unwrap()]);
    // Only what is a state file, or may become one, is told to be mended.
    lab.file("state.db", "");
    std::fs::set_permissions(&state, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let ran = lab.hoist_with(&[("HOIST_STATE", state.to_str())], "doctor -o json");
    assert_wrong(&ran, "state file", &["chmod 600"]);
}

#[test]
fn the_agent_and_its_keys_are_told() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    assert_eq!(finding(&lab.hoist("doctor -o json").exit(0), "ssh agent").0, "not set up");
    let agent = Agent::start(&lab);
    let with = |words: &str| lab.hoist_with(&[("SSH_AUTH_SOCK", agent.socket.to_str())], words);
    let (status, text) = finding(&with("doctor -o json").exit(0), "ssh agent");
    assert!(status == "not set up" && text.contains("ssh-add"), "{text}");
    let added = std::process::Command::new("ssh-add")
        .arg("-q")
        .arg(lab.path("home/.ssh/id_ed25519"))
        .env("SSH_AUTH_SOCK", &agent.socket)
        .status();
    assert!(added.unwrap().success());
    let (status, text) = finding(&with("doctor -o json").exit(0), "ssh agent");
    assert!(status == "ok" && text.contains("1 key"), "{text}");
}

/// An SSH agent that ends with the test.
struct Agent {
    process: std::process::Child,
    socket: std::path::PathBuf,
}

impl Agent {
    fn start(lab: &Lab) -> Self {
        let socket = lab.path("home/agent");
        let process = std::process::Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let give_up = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < give_up, "the agent did not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { process, socket }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
