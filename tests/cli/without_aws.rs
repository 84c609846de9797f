//! The program that is built without AWS: it does everything here, and says how to get the rest.
//!
//! `cargo test --no-default-features --test cli without_aws`

use std::fs;
use std::path::Path;

use hoist_test_support::call::Call;
use hoist_test_support::ran::Ran;

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const INSTALL: &str = "cargo install --path . builds it with all clouds";

/// `hoist` with its own state file, and with settings of AWS that must not matter.
fn hoist(directory: &Path, arguments: &[&str]) -> Ran {
    Call::hoist(directory)
        .args(arguments)
        .env("HOME", directory)
        .env("HOIST_STATE", directory.join("hoist.db"))
        .on_aws("AKIA", "none", "http://127.0.0.1:9")
        .run()
}

#[test]
fn a_plan_is_raised_checked_and_brought_down_here() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    fs::write(here.join("boot.sh"), "#!/bin/sh\necho '{\"greeting\": \"hello\"}' > bootout.json\n").unwrap();
    let plan = "name = \"small\"\n[[levels]]\n[levels.services.one]\nboot = \"boot.sh\"\n\
                ready = { program = \"boot.sh\" }\n";
    fs::write(here.join("small.toml"), plan).unwrap();
    for (arguments, expected) in [
        (&["plan", "boot", "small.toml"][..], "small is up: 1 service ready"),
        (&["plan", "status", "small"], "small is up, healthy"),
        (&["doctor"], "local cloud"),
        (&["plan", "terminate", "small", "--yes"], "nothing is left"),
        (&["orphans"], "no orphans"),
    ] {
        let output = hoist(here, arguments);
        assert!(output.code == Some(0) && output.all().contains(expected), "{arguments:?}: {}", output.all());
    }
}

#[test]
fn what_needs_aws_is_refused_with_the_way_to_get_it() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let plan = "name = \"far\"\n[clouds.east]\nprovider = \"ec2\"\nregion = \"us-east-1\"\n[[levels]]\n\
                [levels.services.one]\ncloud = \"east\"\nimage = \"ami-1\"\ninstance_type = \"t3.small\"\n";
    fs::write(here.join("far.toml"), plan).unwrap();
    fs::write(here.join("hello.sh"), "#!/bin/sh\necho hello\n").unwrap();
    for arguments in [
        &["plan", "boot", "far.toml"][..],
        &["plan", "validate", "far.toml"],
        &["annex", "setup", "--yes", "--bucket", "x"],
        &["annex", "check-setup"],
        &["annex", "policy", "--for", "user"],
        &["image", "list"],
        &["orphans", "--region", "us-east-1"],
        &["doctor", "--region", "us-east-1"],
        &["annex", "create", "night"],
        &[
            "wizard",
            "--no-input",
            "--yes",
            "--cloud",
            "ec2",
            "--region",
            "us-east-1",
            "--os",
            "debian-13",
            "--image",
            "ami-12345678",
            "--worker-type",
            "t3.small",
            "--max-workers",
            "2",
            "--key-name",
            "mine",
            "--binary-source",
            "https://example.org/hoist",
            "--binary-sha256",
            DIGEST,
            "--allow-secret",
            "htcondor-password:/var/lib/hoist/pool_password",
        ],
    ] {
        let output = hoist(here, arguments);
        let said = output.all();
        assert!(output.code != Some(0), "{arguments:?}: {said}");
        assert!(said.contains("built without Amazon's clouds") && said.contains(INSTALL), "{arguments:?}: {said}");
    }
    // Nobody is told that all is well where nobody looked.
    assert!(hoist(here, &["orphans"]).all().contains("ec2 was not asked"));
    assert!(hoist(here, &["doctor"]).all().contains(INSTALL));
    // The same plan runs here.
    let output = hoist(here, &["plan", "boot", "far.toml", "--cloud", "local"]);
    assert!(output.code == Some(0), "{}", output.all());
    let output = hoist(here, &["plan", "terminate", "far", "--yes"]);
    assert!(output.code == Some(0), "{}", output.all());
}
