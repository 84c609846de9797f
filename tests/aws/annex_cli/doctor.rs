//! What doctor tells about annexes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::annex_cli::lab::Lab;
use hoist_test_support::aws::Faults;
use hoist_test_support::ran::Ran;

/// How one thing is, and everything that is said of it.
fn finding(ran: &Ran, what: &str) -> (String, String) {
    let document = ran.json();
    let found = document["findings"].as_array().unwrap().iter().find(|finding| finding["what"] == what).unwrap();
    (found["status"].as_str().unwrap().to_owned(), found.to_string())
}

#[test]
fn the_set_up_is_missing_there_or_changed() {
    let Some(lab) = Lab::bare(Faults::default()) else { return };
    let (status, text) = finding(&lab.hoist("doctor -o json").exit(0), "annexes");
    assert!(status == "not set up" && text.contains("hoist annex setup"), "{text}");
    lab.hoist("annex setup --yes --from 192.0.2.0/24").exit(0);
    let (status, text) = finding(&lab.hoist("doctor -o json").exit(0), "annexes");
    assert!(status == "ok" && text.contains("hoist-setup-"), "{text}");
    let group = lab.hoist("annex check-setup -o json").exit(0).json();
    let group =
        group["things"].as_array().unwrap().iter().find(|thing| thing["what"] == "SecurityGroup").unwrap().clone();
    let rule = [
        ("GroupId", group["id"].as_str().unwrap()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "22"),
        ("IpPermissions.1.ToPort", "22"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
    ];
    lab.cloud().ask("AuthorizeSecurityGroupIngress", &rule);
    let (status, text) = finding(&lab.hoist("doctor -o json").exit(1), "annexes");
    assert!(status == "wrong" && text.contains("SecurityGroup is changed") && text.contains("check-setup"), "{text}");
}

#[test]
fn what_is_lacking_without_htcondors_programs_is_told() {
    let lab = Lab::local();
    let programs = ["condor_status", "condor_submit", "condor_off", "condor_advertise"];
    let with = |programs: &[&str]| {
        let _ = fs::remove_dir_all(lab.path("bin"));
        fs::create_dir(lab.path("bin")).unwrap();
        for program in programs {
            let file = format!("bin/{program}");
            lab.file(&file, "#!/bin/sh\necho '$CondorVersion: 23.9.6 2024-08-08 $'\n");
            fs::set_permissions(lab.path(&file), Permissions::from_mode(0o755)).unwrap();
        }
        let ran = lab.command("doctor -o json").env("PATH", lab.path("bin")).run();
        finding(&ran, "htcondor")
    };
    let (status, text) = with(&[]);
    assert!(status == "not set up" && text.contains("apt install htcondor"), "{text}");
    let (status, text) = with(&programs[..3]);
    assert!(status == "not set up" && text.contains("condor_advertise (for `annex status --advertise`)"), "{text}");
    let (status, text) = with(&programs);
    assert!(status == "ok" && text.contains("23.9.6 2024-08-08"), "{text}");
}
