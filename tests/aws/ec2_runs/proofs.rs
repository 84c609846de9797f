//! What the proof of a tear-down is worth: each kind of thing is asked for by itself, and what nobody could be asked
//! about is named.

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults};

/// The lists that a proof asks for, with what each is of.
const LISTS: [(&str, &str); 7] = [
    ("DescribeVolumes", "volumes"),
    ("DescribeNetworkInterfaces", "network interfaces"),
    ("DescribeAddresses", "addresses"),
    ("DescribeSnapshots", "snapshots"),
    ("DescribeSecurityGroups", "security groups"),
    ("DescribeLaunchTemplates", "launch templates"),
    ("DescribeSpotInstanceRequests", "spot requests"),
];

fn booted() -> Option<(Lab, String)> {
    let lab = Lab::without_machines(Faults::default())?;
    lab.plan("demo", "[[levels]]\n[levels.services.db]\n[[levels]]\n[levels.services.web]\n");
    lab.hoist("plan boot demo.toml").exit(0);
    let run = lab.cloud.instances()[0].tags["hoist:run"].clone();
    Some((lab, run))
}

fn denied() -> Effect {
    Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.")
}

/// Gives something the run's tag.
fn tag(lab: &Lab, id: &str, run: &str) {
    lab.cloud.ask("CreateTags", &[("ResourceId.1", id), ("Tag.1.Key", "hoist:run"), ("Tag.1.Value", run)]);
}

fn volume(lab: &Lab, run: &str) -> String {
    let made = lab.cloud.ask("CreateVolume", &[("AvailabilityZone", "us-east-1a"), ("Size", "500")]);
    let id = made.get("volumeId").to_owned();
    tag(lab, &id, run);
    id
}

#[test]
fn each_list_that_is_refused_is_named_with_its_permission() {
    for (list, kind) in LISTS {
        let Some((lab, _)) = booted() else { return };
        lab.cloud.change(|faults| *faults = Faults::default().always(list, denied()));
        let ran = lab.hoist("plan terminate demo --yes -o json").exit(3);
        let remains = ran.json()["remains"].as_array().unwrap().clone();
        assert_eq!(remains.len(), 1, "{list}: {remains:?}");
        let (what, hint) = (remains[0]["what"].as_str().unwrap(), remains[0]["hint"].as_str().unwrap());
        assert!(what.contains(&format!("{kind} on ec2 are not proved gone")), "{what}");
        assert!(
            what.contains(&format!("ec2:{list}")) && hint.contains(&format!("the permission ec2:{list}")),
            "{hint}"
        );
        assert_eq!(remains[0]["unproved"], true);
        assert_eq!(lab.alive(), Vec::<String>::new(), "{list}");
        lab.cloud.change(|faults| *faults = Faults::default());
        lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
    }
}

#[test]
fn a_disk_is_named_also_where_another_list_is_refused() {
    let Some((lab, run)) = booted() else { return };
    let volume = volume(&lab, &run);
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeSpotInstanceRequests", denied()));
    let ran = lab.hoist("plan terminate demo --yes").exit(3);
    let ran = ran.says_all(&[&volume, "500 GiB", "costs money", "spot requests on ec2 are not proved gone"]);
    assert!(ran.raw_stdout.contains("is not gone"), "{}", ran.raw_stdout);
    // Once it may be asked, only what is there is named.
    lab.cloud.change(|faults| *faults = Faults::default());
    let ran = lab.hoist("plan terminate demo --yes").exit(3).says_all(&["is not gone", &volume]);
    assert!(!ran.raw_stdout.contains("not proved"), "{}", ran.raw_stdout);
    lab.cloud.ask("DeleteVolume", &[("VolumeId", &volume)]);
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
}

#[test]
fn where_only_the_asking_failed_nothing_is_said_to_be_there() {
    let Some((lab, _)) = booted() else { return };
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeSnapshots", denied()));
    let ran = lab.hoist("plan terminate demo --yes").exit(3);
    ran.says_all(&["is not proved gone", "no machine is left", "snapshots on ec2", "ec2:DescribeSnapshots"]);
}

#[test]
fn disks_interfaces_addresses_and_snapshots_that_carry_our_tags_keep_a_run_open() {
    let Some((lab, run)) = booted() else { return };
    let volume = volume(&lab, &run);
    let snapshot = lab.cloud.ask("CreateSnapshot", &[("VolumeId", &volume)]).get("snapshotId").to_owned();
    let address = lab.cloud.ask("AllocateAddress", &[("Domain", "vpc")]).get("allocationId").to_owned();
    for id in [&snapshot, &address] {
        tag(&lab, id, &run);
    }
    let subnets = lab.cloud.ask("DescribeSubnets", &[]);
    let subnet = subnets.items("subnetSet")[0].get("subnetId").to_owned();
    let made = lab.cloud.ask("CreateNetworkInterface", &[("SubnetId", &subnet)]);
    let interface = made.get("networkInterface/networkInterfaceId").to_owned();
    tag(&lab, &interface, &run);
    // Hoist removes interfaces by itself, where it may.
    lab.cloud.change(|faults| *faults = Faults::default().always("DeleteNetworkInterface", denied()));
    let ran = lab.hoist("plan terminate demo --yes").exit(3);
    let ran = ran.says_all(&[&volume, &snapshot, &address, &interface, "ec2:DeleteNetworkInterface"]);
    assert!(!ran.raw_stdout.contains("nothing is left"), "{}", ran.raw_stdout);
    lab.hoist("orphans").exit(2).says_all(&[&volume, &snapshot, &address, &interface]);

    lab.cloud.change(|faults| *faults = Faults::default());
    let ran = lab.hoist("plan terminate demo --yes").exit(3).says_all(&[&volume, &snapshot, &address]);
    assert!(!ran.raw_stdout.contains(&interface), "{}", ran.raw_stdout);
    lab.cloud.ask("ReleaseAddress", &[("AllocationId", &address)]);
    lab.cloud.ask("DeleteSnapshot", &[("SnapshotId", &snapshot)]);
    lab.cloud.ask("DeleteVolume", &[("VolumeId", &volume)]);
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
}

#[test]
fn orphans_show_what_they_can_and_name_what_they_could_not_ask() {
    let Some((lab, _)) = booted() else { return };
    lab.hoist("plan terminate demo --yes").exit(0);
    let volume = volume(&lab, "gone.1");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeAddresses", denied()));
    lab.hoist("orphans").exit(3).says_all(&[&volume, "500 GiB", "ec2:DescribeAddresses"]);
}
