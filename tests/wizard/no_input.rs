//! Without questions: everything that is missing or wrong is told at once, each with its option.

use std::fs;

use crate::lab::{ALLOW, Lab, SHA256, SOURCE};
use hoist_test_support::aws::{Effect, Faults};

#[test]
fn everything_that_is_missing_is_listed_at_once() {
    let Some(lab) = Lab::new() else { return };
    let ran = lab.hoist("wizard --no-input").exit(64);
    for option in
        ["--os OS", "--image IMAGE", "--worker-type TYPE", "--master-type TYPE", "--max-workers N", "--key-name NAME"]
    {
        assert!(ran.stderr.contains(option), "{option}\n{ran}");
    }
    ran.says("6 problems; nothing was written");
    assert_eq!(lab.names(), Vec::<String>::new());
}

#[test]
fn what_the_cloud_does_not_have_is_told_with_the_rest() {
    let Some(lab) = Lab::new() else { return };
    let words = format!(
        "wizard --no-input --os debian-12 --image ami-0123456789abcdef0 --worker-type t3.lagre --max-workers 0 \
         --key-name anne --subnet subnet-0123456789abcdef0 --master-group nogroup --worker-group sg-0123456789abcdef0 \
         --binary-source {SOURCE} --binary-sha256 {SHA256} {ALLOW}"
    );
    let ran = lab.hoist(&words).exit(64);
    for says in [
        "--max-workers: \"0\" is too small",
        "--image: there is no image ami-0123456789abcdef0 here",
        "--worker-type: there is no instance type t3.lagre here",
        "did you mean t3.large?",
        "--key-name: there is no key pair anne here",
        "did you mean ann?",
        "--subnet: there is no subnet subnet-0123456789abcdef0 here",
        "--master-group: there is no security group nogroup here",
        "--worker-group: there is no security group sg-0123456789abcdef0 here",
    ] {
        assert!(ran.stderr.contains(says), "{says}\n{ran}");
    }
    assert_eq!((lab.names(), lab.changes()), (Vec::new(), 0));
}

#[test]
fn a_cloud_that_cannot_be_reached_says_what_to_do() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let words = format!(
        "wizard --no-input --os debian-12 --image {image} --worker-type t3.large --max-workers 2 --key-name ann \
         --binary-source {SOURCE} --binary-sha256 {SHA256} {ALLOW}"
    );
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeImages", denied));
    lab.hoist(&words).exit(1).says("ec2:DescribeImages").says("--offline").says("nothing was written");
    assert_eq!(lab.names(), Vec::<String>::new());
    let offline = lab.hoist(&format!("{words} --offline -o json")).exit(0).says("still to be made");
    let document = offline.json();
    assert_eq!((&document["schema"], &document["launched"]), (&1.into(), &false.into()));
    assert_eq!(document["security_groups"], serde_json::json!([]));
    for key in ["master", "plan", "answers"] {
        assert!(lab.work().join(document[key].as_str().unwrap()).is_file(), "{key}: {document}");
    }
    assert_eq!(lab.changes(), 0);
}

#[test]
fn a_secret_must_be_allowed_by_name() {
    let Some(lab) = Lab::new() else { return };
    let words = "wizard --no-input --offline --os debian-12 --image ami-0123456789abcdef0 --worker-type t3.large \
                 --max-workers 2 --key-name ann";
    let words = format!("{words} --binary-source {SOURCE} --binary-sha256 {SHA256}");
    lab.hoist(&words).exit(1).says(ALLOW).says("--password-from");
    assert_eq!(lab.names(), Vec::<String>::new(), "no password is made for what is refused");
    lab.hoist(&format!("{words} --master-profile master --worker-profile worker")).exit(0);
    let written = lab.written();
    assert!(written.answers.contains("password_from = \"ssm:/hoist/hoist.pool/password\""), "{}", written.answers);
    assert!(!lab.names().contains(&"hoist.pool.password".to_owned()));
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let Some(lab) = Lab::new() else { return };
    lab.hoist("wizard").exit(64).says("there is no terminal to ask on").says("--no-input");
}

#[test]
fn nobodys_file_is_written_over() {
    let Some(lab) = Lab::new() else { return };
    lab.file("hoist-wizard.toml", "precious = true\n");
    let words = format!("wizard --no-input --offline --cloud local --os debian-12 --max-workers 2 {ALLOW}");
    lab.hoist(&words).exit(1).says("hoist-wizard.toml exists and is no answers file");
    assert_eq!(fs::read_to_string(lab.work().join("hoist-wizard.toml")).unwrap(), "precious = true\n");
    assert_eq!(lab.names(), ["hoist-wizard.toml"]);
    lab.hoist(&format!("{words} --directory nowhere")).exit(1).says("nowhere is no directory");
}

#[test]
fn the_local_cloud_tells_what_this_machine_lacks() {
    let Some(lab) = Lab::new() else { return };
    let words = "wizard --no-input --offline --cloud local --os debian-13 --max-workers 2 \
                 --allow-secret password:pool_password";
    let bare = |words: &str| lab.hoist(words).env("PATH", "/nonexistent");
    bare(&format!("{words} --launch"))
        .exit(1)
        .says("condor_master is in no directory of PATH")
        .says("nothing was written");
    assert_eq!(lab.names(), Vec::<String>::new());
    bare(words).exit(0).says("condor_master is in no directory of PATH");
    assert!(lab.names().contains(&"hoist-wizard.toml".to_owned()));
}
