//! What a machine is made of and where it is placed.

use hoist::plan::{Disk, DiskKind, SshAddress, Tenancy, diff};

use crate::plans::fixture::{Fixture, service};

const HEAD: &str =
    "[[levels]]\n[levels.services.web]\ncloud = \"ec2\"\nimage = \"ami-1\"\ninstance_type = \"t3.small\"\n";

fn with(lines: &str) -> Fixture {
    Fixture::toml(&format!("{HEAD}{lines}\n"))
}

#[test]
fn a_plan_says_what_disk_which_placement_and_which_address() {
    let plan = with(
        "disk = { size = 100, type = \"gp3\", iops = 4000, encrypted = true }\nmetadata_hop_limit = 2\n\
         capacity_reservation = \"cr-0123\"\nplacement_group = \"near\"\ntenancy = \"dedicated\"\n\
         ssh = { address = \"private\" }",
    )
    .plan();
    let web = service(&plan, "web");
    let launch = web.launch.as_ref().unwrap();
    let disk = Disk { size: Some(100), kind: Some(DiskKind::Gp3), iops: Some(4000), encrypted: Some(true) };
    assert_eq!(launch.disk, Some(disk));
    assert_eq!((launch.metadata_hop_limit, launch.tenancy), (Some(2), Some(Tenancy::Dedicated)));
    assert_eq!(launch.capacity_reservation.as_ref().unwrap().as_str(), "cr-0123");
    assert_eq!(launch.placement_group.as_ref().unwrap().as_str(), "near");
    assert_eq!(web.ssh.address, SshAddress::Private);
    // What is recorded is read again.
    let written = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<hoist::plan::Plan>(&written).unwrap(), plan);
}

#[test]
fn what_is_not_said_is_not_recorded_so_that_older_plans_are_the_same() {
    let written = serde_json::to_string(&with("").plan()).unwrap();
    for key in ["disk", "metadata_hop_limit", "capacity_reservation", "placement_group", "tenancy"] {
        assert!(!written.contains(key), "{key}: {written}");
    }
}

#[test]
fn defaults_give_them_too() {
    let plan = Fixture::toml(
        "[defaults]\ndisk = { size = 50 }\ntenancy = \"host\"\nssh = { address = \"private\" }\n[[levels]]\n\
         [levels.services.web]\ncloud = \"ec2\"\nimage = \"ami-1\"\ndisk = { size = 60 }\n",
    )
    .plan();
    let launch = service(&plan, "web").launch.as_ref().unwrap();
    assert_eq!(launch.disk.as_ref().unwrap().size, Some(60));
    assert_eq!(launch.tenancy, Some(Tenancy::Host));
}

#[test]
fn what_makes_no_sense_is_an_error_with_its_line() {
    for (lines, expected) in [
        (
            "disk = { size = 0 }",
            "plan.toml:6: \"size\" of \"disk\" of service \"web\" must be an integer from 1 to 65536",
        ),
        ("disk = { type = \"gp4\" }", "plan.toml:6: \"type\" of \"disk\" of service \"web\" must be \"gp3\" or"),
        ("disk = {}", "plan.toml:6: \"disk\" of service \"web\": it says nothing"),
        ("disk = { iops = 4000 }", "plan.toml:6: \"disk\" of service \"web\": iops can be given with a type"),
        ("disk = { type = \"gp2\", iops = 4000 }", "type \"gp2\" takes no iops"),
        ("disk = { type = \"io2\" }", "type \"io2\" needs iops"),
        ("disk = { type = \"gp3\", iops = 200 }", "iops of type \"gp3\" must be from 3000 to"),
        ("disk = { sise = 10 }", "unknown key \"sise\" in \"disk\" of service \"web\""),
        ("disk = 10", "\"disk\" of service \"web\" must be a table, not an integer"),
        ("metadata_hop_limit = 65", "\"metadata_hop_limit\" of service \"web\" must be an integer from 1 to 64"),
        ("tenancy = \"shared\"", "\"tenancy\" of service \"web\" must be \"default\" or \"dedicated\" or \"host\""),
        ("ssh = { address = \"inner\" }", "must be \"public\" or \"private\", not \"inner\""),
    ] {
        let problems = with(lines).problems();
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{lines}: {problems:?}");
    }
}

#[test]
fn they_mean_nothing_on_the_local_cloud_which_is_said_once() {
    let fixture = Fixture::toml(
        "[defaults]\ndisk = { size = 50 }\n[[levels]]\n[levels.services.a]\n[levels.services.b]\ntenancy = \"host\"\n\
         [levels.services.c]\nssh = { address = \"private\" }\n",
    );
    let warnings = fixture.warnings();
    assert_eq!(
        warnings,
        [
            "plan.toml:2: warning: \"disk\" means nothing on the local cloud",
            "plan.toml:6: warning: \"tenancy\" means nothing on the local cloud",
            "plan.toml:8: warning: \"address\" of \"ssh\" means nothing on the local cloud",
        ]
    );
}

#[test]
fn a_reload_sees_each_of_them() {
    let before = with("").plan();
    for lines in [
        "disk = { size = 10 }",
        "metadata_hop_limit = 2",
        "capacity_reservation = \"open\"",
        "placement_group = \"near\"",
        "tenancy = \"dedicated\"",
    ] {
        let changes = diff(&before, &with(lines).plan());
        assert_eq!(changes.rebooted, [("web".to_owned(), "what is launched changed".to_owned())], "{lines}");
    }
    let changes = diff(&before, &with("ssh = { address = \"private\" }").plan());
    assert_eq!(changes.updated.len(), 1, "the machine stays: {changes:?}");
    assert!(changes.rebooted.is_empty());
}
