//! What is wrong is told clearly before anything is launched, all of it at once.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults, IMAGE};
use hoist_test_support::ran::Ran;

/// Fails unless the command was refused with all of this, and nothing came of it.
#[track_caller]
fn refused(lab: &Lab, ran: Ran, says: &[&str]) {
    let ran = ran.exit(1).says_all(says);
    assert_eq!(ran.raw_stdout, "", "errors go to standard error");
    assert!(
        !ran.raw_stderr.contains("Error {") && !ran.raw_stderr.contains("SdkError"),
        "a debug dump: {}",
        ran.raw_stderr
    );
    assert_eq!(lab.launches(), 0);
    assert!(!lab.state().exists(), "no run is recorded");
}

/// A plan of one machine with these lines.
fn one(lab: &Lab, lines: &str) {
    let text = format!(
        "name = \"one\"\n[[levels]]\n[levels.services.web]\ncloud = \"ec2\"\nimage = \"{IMAGE}\"\n\
         instance_type = \"t3.micro\"\n{lines}\n"
    );
    lab.file("one.toml", text);
}

fn key(lab: &Lab, name: &str, content: &str, mode: u32) {
    lab.file(name, content);
    fs::set_permissions(lab.path("plan").join(name), Permissions::from_mode(mode)).unwrap();
}

#[test]
fn everything_that_is_wrong_with_a_plan_is_told_at_once() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let private = fs::read_to_string(lab.path("home/.ssh/id_ed25519")).unwrap();
    key(&lab, "open.pem", &private, 0o644);
    key(&lab, "public.pem", &lab.public_key(), 0o600);
    key(&lab, "other.pem", "hello\n", 0o600);
    lab.file("long.sh", format!("#!/bin/sh\n{}", noise(30_000)));
    lab.program("boot.sh", "exit 0");
    let good = format!("image = \"{IMAGE}\"\ninstance_type = \"t3.micro\"\n");
    let keyed = |name: &str| format!("{good}boot = \"boot.sh\"\nssh = {{ key = \"{name}\" }}\n");
    let services = [
        ("image", "image = \"ami-00000000\"\ninstance_type = \"t3.micro\"\n".to_owned()),
        ("word", "image = \"debian\"\ninstance_type = \"t3.micro\"\n".to_owned()),
        ("size", format!("image = \"{IMAGE}\"\ninstance_type = \"t3.mikro\"\n")),
        ("pair", format!("{good}key_name = \"nobody\"\n")),
        ("groups", format!("{good}security_groups = [\"sg-0123456789abcdef0\", \"nogroup\"]\n")),
        ("net", format!("{good}subnet = \"subnet-00000000\"\n")),
        ("zone", format!("{good}zone = \"us-east-1z\"\n")),
        ("data", format!("{good}user_data = \"long.sh\"\n")),
        ("past", format!("{good}lease = \"2026-01-01 10:00\"\n")),
        ("short", format!("{good}lease = \"1m\"\n")),
        ("open", keyed("open.pem")),
        ("public", keyed("public.pem")),
        ("other", keyed("other.pem")),
        ("secret", format!("{good}attributes = {{ word = {{ secret = \"env:NOT_SET\" }} }}\n")),
    ];
    let services: String = services.iter().map(|(name, lines)| format!("[levels.services.{name}]\n{lines}")).collect();
    lab.file("bad.toml", format!("name = \"bad\"\n[defaults]\ncloud = \"ec2\"\n[[levels]]\n{services}"));

    lab.hoist("plan validate bad.toml").exit(0);
    assert_eq!(lab.cloud.calls().len(), 0, "validation asks nobody");
    let says = [
        "image: there is no image ami-00000000 in us-east-1",
        "hoist image list",
        "word: debian is not the id of an image",
        "size: there is no instance type t3.mikro in us-east-1",
        "did you mean t3.micro?",
        "pair: there is no key pair nobody in us-east-1",
        "groups: there is no security group sg-0123456789abcdef0 in us-east-1",
        "there is no security group nogroup",
        "net: there is no subnet subnet-00000000 in us-east-1",
        "zone: there is no zone us-east-1z in us-east-1",
        "data: the user data has",
        "of which EC2 takes 16384",
        "past: the lease ended at 2026-01-01",
        "short: the lease leaves",
        "open.pem can be read by others (mode 0644)",
        "chmod 600",
        "public.pem is a public key",
        "other.pem holds no private key",
        "NOT_SET, which holds a secret, is not set",
        "15 problems; nothing was launched",
    ];
    refused(&lab, lab.hoist("plan boot bad.toml"), &says);
}

#[test]
fn a_key_that_is_not_there_is_told_by_validation() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    one(&lab, "ssh = { key = \"missing.pem\" }");
    let says = ["one.toml:7", "missing.pem", "does not exist"];
    lab.hoist("plan validate one.toml").exit(1).says_all(&says);
    refused(&lab, lab.hoist("plan boot one.toml"), &says);
}

#[test]
fn values_that_no_cloud_takes_are_told_by_validation() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    for (lines, says) in [
        ("max_price = \"-1\"", "price in US dollars an hour"),
        ("max_price = -0.05", "price in US dollars an hour"),
        ("max_price = \"0\"", "price in US dollars an hour"),
        ("max_price = \"cheap\"", "price in US dollars an hour"),
        ("market = \"gratis\"", "\"spot\" or \"on-demand\""),
        ("zone = \"us-east-1a\"\nsubnet = \"subnet-1\"", "has both a zone and a subnet"),
        ("lease = \"soon\"", "write how long"),
        ("lease = \"2026-13-01 10:00\"", "is no lease"),
        ("lease = \"-6h\"", "is no lease"),
    ] {
        one(&lab, lines);
        lab.hoist("plan validate one.toml").exit(1).says_all(&["one.toml:7", says]);
        refused(&lab, lab.hoist("plan boot one.toml"), &[says]);
    }
    one(&lab, "");
    for (lease, says) in [("2026-01-01T10:00:00Z", "in the past"), ("1m", "leaves 60 s"), ("soon", "is no lease")] {
        lab.hoist(&format!("plan boot one.toml --lease {lease}")).exit(64).says_all(&[says]);
    }
    assert_eq!(lab.cloud.calls().len(), 0);
}

#[test]
fn the_way_to_the_cloud_is_checked_first() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    one(&lab, "");
    let boot = |environment: &[(&str, Option<&str>)]| lab.hoist_with(environment, "plan boot one.toml");
    let instead = ["--cloud local", "--dry-run", "nothing was launched"];
    let with = |says: &[&'static str]| [says, &instead].concat();
    let region = [("AWS_ENDPOINT_URL", None), ("AWS_REGION", Some("us-esat-one"))];
    refused(&lab, boot(&region), &with(&["cloud ec2: us-esat-one is not the name of a region"]));
    let zone = [("AWS_ENDPOINT_URL", None), ("AWS_REGION", Some("us-east-1a"))];
    refused(&lab, boot(&zone), &with(&["us-east-1a is an availability zone; its region is us-east-1"]));
    let endpoint = [("AWS_ENDPOINT_URL", Some("localhost:5000"))];
    refused(&lab, boot(&endpoint), &with(&["localhost:5000 is not the address of an API", "https://localhost:5000"]));
    refused(&lab, boot(&[("AWS_ACCESS_KEY_ID", None)]), &with(&["cannot get the credentials: there are none"]));
    let expired = [("AWS_SESSION_TOKEN", Some("x")), ("AWS_CREDENTIAL_EXPIRATION", Some("2026-01-01T00:00:00Z"))];
    refused(&lab, boot(&expired), &with(&["the credentials expired at 2026-01-01 00:00:00 UTC"]));
    let nobody = [("AWS_ENDPOINT_URL", Some(crate::ec2_runs::lab::NOBODY))];
    refused(&lab, boot(&nobody), &with(&["nothing listens at"]));
}

#[test]
fn credentials_that_the_cloud_refuses_are_told_with_what_to_do() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    one(&lab, "");
    for (action, code, says) in [
        ("GetCallerIdentity", "InvalidClientTokenId", ["does not accept the credentials", "InvalidClientTokenId"]),
        ("GetCallerIdentity", "ExpiredToken", ["expired", "renew"]),
        ("DescribeImages", "AuthFailure", ["does not accept the credentials", "AuthFailure"]),
        ("DescribeImages", "UnauthorizedOperation", ["ec2:DescribeImages", "policy"]),
        ("RunInstances", "UnauthorizedOperation", ["ec2:RunInstances", "policy"]),
    ] {
        let effect = Effect::error(code, "AWS says so.");
        lab.cloud.change(|faults| *faults = Faults::default().always(action, effect));
        refused(&lab, lab.hoist("plan boot one.toml"), &says);
    }
}

#[test]
fn user_data_that_does_not_fit_says_what_takes_how_much() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.program("boot.sh", "exit 0");
    lab.file("long.sh", format!("#!/bin/sh\n{}", noise(30_000)));
    one(&lab, "user_data = \"long.sh\"\nboot = \"boot.sh\"\nlease = \"6h\"");
    refused(&lab, lab.hoist("plan boot one.toml"), &["web: the user data has", "yours 30010", "host key", "lease"]);
}

#[test]
fn a_reload_checks_what_is_new_and_nothing_else() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    one(&lab, "");
    lab.hoist("plan boot one.toml").exit(0);
    one(&lab, "[levels.services.new]\ncloud = \"ec2\"\nimage = \"ami-00000000\"\ninstance_type = \"t3.micro\"");
    lab.hoist("plan reload one.toml")
        .exit(1)
        .says_all(&["new: there is no image ami-00000000", "nothing was launched"]);
    assert_eq!((lab.launches(), lab.alive().len()), (1, 1));
    lab.hoist("plan status one").exit(0);

    // What stands is not asked about: its image may be gone by now.
    let before = lab.cloud.count("DescribeImages");
    one(&lab, "timeout = \"5m\"");
    lab.hoist("plan reload one.toml").exit(0);
    assert_eq!((lab.cloud.count("DescribeImages"), lab.launches()), (before, 1));
    lab.hoist("plan terminate one --yes").exit(0);
}

/// Text that does not compress.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(state >> 58) as usize])
    };
    (0..length).map(|_| letter()).collect()
}
