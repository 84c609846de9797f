//! What is wrong is found before anything is launched, and told with what mends it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use hoist_test_support::google::{Faults, Quota};

use crate::lab::Lab;

#[test]
fn what_google_does_not_have_is_refused() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    for (key, value) in [("key_name", "\"k\""), ("max_price", "\"0.05\""), ("disk", "{ type = \"gp3\" }")] {
        let market = if key == "max_price" { "market = \"spot\"\n" } else { "" };
        lab.plan("demo", &format!("[[levels]]\n[levels.services.web]\n{market}{key} = {value}\n"));
        let refused = lab.hoist("plan boot demo.toml").exit(1);
        assert!(refused.raw_stderr.contains("means nothing on Compute Engine"), "{key}: {refused}");
    }
    assert_eq!(lab.cloud.count("compute.instances.bulkInsert"), 0);
}

#[test]
fn names_that_do_not_exist_are_told_with_the_nearest() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    for (keys, said) in [
        ("zone = \"us-central1-x\"", ["there is no zone us-central1-x", "us-central1-a"]),
        ("instance_type = \"e2-smal\"", ["there is no machine type e2-smal", "e2-small"]),
        ("image = \"debian-cloud/debian-31\"", ["there is no family of images debian-31", "debian-13"]),
        ("image = \"mine\"", ["there is no image mine", "project"]),
        ("image = \"a/b/c\"", ["is no image of Compute Engine", "PROJECT/FAMILY"]),
        ("subnet = \"mine\"", ["there is no subnet mine in us-central1", "gcloud compute networks subnets list"]),
        ("user_data = \"big\"", ["Compute Engine takes", "bucket"]),
    ] {
        // What does not compress.
        let noise = (0..300_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        let noise: String = noise.map(|bytes| format!("{:02x}{:02x}", bytes[7], bytes[5])).collect();
        lab.file("big", format!("#!/bin/sh\n# {noise}\n"));
        lab.plan("demo", &format!("[[levels]]\n[levels.services.web]\nreplicas = 2\n{keys}\n"));
        let refused = lab.hoist("plan boot demo.toml").exit(1);
        for word in said {
            assert!(refused.raw_stderr.contains(word), "{word}: {refused}");
        }
        assert!(refused.raw_stderr.contains("web-0, web-1"), "{refused}");
    }
    assert_eq!(lab.cloud.count("compute.instances.bulkInsert"), 0);
}

#[test]
fn a_project_that_cannot_be_used_is_told_with_what_mends_it() {
    let enable = ["not enabled", "gcloud services enable compute.googleapis.com --project hoist-tests"];
    let denied = ["compute.zones.list", "roles/compute.instanceAdmin.v1"];
    let faults = [(Faults::default().disabled(), enable), (Faults::default().denied("compute.zones.list"), denied)];
    for (faults, said) in faults {
        let Some(lab) = Lab::without_machines(faults) else { return };
        lab.plan("demo", "[[levels]]\n[levels.services.web]\n");
        let refused = lab.hoist("plan boot demo.toml").exit(1);
        for word in said {
            assert!(refused.raw_stderr.contains(word), "{word}: {refused}");
        }
    }
    // What only the launch itself tells.
    let Some(lab) = Lab::without_machines(Faults::default().denied("compute.instances.create")) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\n");
    let refused = lab.hoist("plan boot demo.toml").exit(1);
    assert!(refused.raw_stdout.contains("lack the permission compute.instances.create"), "{refused}");
    assert!(refused.raw_stdout.contains("gcloud projects add-iam-policy-binding hoist-tests"), "{refused}");
    let unknown = lab.command("plan boot demo.toml").env("GOOGLE_CLOUD_PROJECT", "another-one").run().exit(1);
    assert!(unknown.raw_stderr.contains("another-one"), "{unknown}");
    lab.nothing_is_left();
}

#[test]
fn a_quota_that_is_used_up_ends_with_5() {
    let Some(lab) = Lab::without_machines(Faults::default().quota(Quota::new("CPUS", 1))) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\n");
    let refused = lab.hoist("plan boot demo.toml").exit(5);
    assert!(format!("{refused}").contains("CPUS"), "{refused}");
    lab.nothing_is_left();
}

#[test]
fn key_files_that_are_no_use_are_told_apart() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\n");
    let file = lab.path("home/key.json");
    let boot = || lab.command("plan boot demo.toml").env("GOOGLE_APPLICATION_CREDENTIALS", &file).run().exit(1);
    let refused = boot();
    assert!(refused.raw_stderr.contains("key.json"), "{refused}");
    let key = |project: &str| {
        format!(
            "{{\"type\": \"service_account\", \"project_id\": \"{project}\", \"private_key_id\": \"1\",\n\
             \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----\\n\",\n\
             \"client_email\": \"a@{project}.iam.gserviceaccount.com\", \"token_uri\": \"http://127.0.0.1:9/token\"}}"
        )
    };
    for (content, mode, said) in [
        ("no json".to_owned(), 0o600, "JSON"),
        (key("other-project"), 0o600, "other-project"),
        (key("hoist-tests"), 0o644, "others"),
    ] {
        fs::write(&file, &content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let refused = boot();
        assert!(refused.raw_stderr.contains(said), "{said}: {refused}");
        refused.never_says("BEGIN PRIVATE");
    }
    assert_eq!(lab.cloud.calls().len(), 0);
}
