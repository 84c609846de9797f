//! What machines are made of and where they are placed, as EC2 is asked for it.

use hoist::plan::{Disk, DiskKind, Tenancy};
use hoist::provider::{Cloud, CloudError, LaunchRequest};

use crate::ec2::lab::{Lab, Setting, offer, request, run, spot, token};
use hoist_test_support::aws::{Faults, IMAGE, Parameters};

fn wanted(number: usize) -> LaunchRequest {
    let mut wanted = request(&token(number), &["a"]);
    wanted.machine.disk =
        Some(Disk { size: Some(100), kind: Some(DiskKind::Gp3), iops: Some(4000), encrypted: Some(true) });
    wanted.machine.metadata_hop_limit = Some(2);
    wanted.machine.capacity_reservation = Some("cr-0123".to_owned());
    wanted.machine.placement_group = Some("near".to_owned());
    wanted.machine.tenancy = Some(Tenancy::Dedicated);
    wanted
}

/// Fails unless the call says all that was wanted, with this before each name.
fn assert_asked(call: &Parameters, prefix: &str) {
    for (name, value) in [
        ("BlockDeviceMapping.1.DeviceName", "/dev/sda1"),
        ("BlockDeviceMapping.1.Ebs.VolumeSize", "100"),
        ("BlockDeviceMapping.1.Ebs.VolumeType", "gp3"),
        ("BlockDeviceMapping.1.Ebs.Iops", "4000"),
        ("BlockDeviceMapping.1.Ebs.Encrypted", "true"),
        ("BlockDeviceMapping.1.Ebs.DeleteOnTermination", "true"),
        ("MetadataOptions.HttpPutResponseHopLimit", "2"),
        ("Placement.GroupName", "near"),
        ("Placement.Tenancy", "dedicated"),
    ] {
        let name = format!("{prefix}{name}");
        assert_eq!(call.get(&name), Some(value), "{name} in {call:?}");
    }
}

const RESERVATION: &str = "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId";

#[test]
fn a_launch_on_demand_asks_for_it() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.cloud.launch(&wanted(1)).await.unwrap();
        let call = &lab.calls("RunInstances")[0].parameters;
        assert_asked(call, "");
        assert_eq!(call.get(RESERVATION), Some("cr-0123"));
        let volumes = lab.proxy.ask("DescribeVolumes", &[]);
        assert_eq!(volumes.items("volumeSet")[0].get("size"), "100");
        // What the image starts from is asked once.
        lab.cloud.launch(&wanted(2)).await.unwrap();
        assert_eq!(lab.calls("DescribeImages").len(), 1);
    });
}

#[test]
fn a_fleet_asks_for_it_in_its_template_and_spare_capacity_is_never_reserved() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let on_demand = LaunchRequest { offers: vec![offer("t3.small"), offer("t3.medium")], ..wanted(1) };
        lab.cloud.launch(&on_demand).await.unwrap();
        let spare = LaunchRequest { offers: vec![spot("t3.small", "us-east-1a")], ..wanted(2) };
        lab.cloud.launch(&spare).await.unwrap();
        let calls = lab.calls("CreateLaunchTemplate");
        let reserved = format!("LaunchTemplateData.{RESERVATION}");
        for (call, reservation) in calls.iter().zip([Some("cr-0123"), None]) {
            assert_asked(&call.parameters, "LaunchTemplateData.");
            assert_eq!(call.parameters.get(&reserved), reservation);
        }
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn nothing_is_asked_for_that_was_not_said() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap();
        let call = &lab.calls("RunInstances")[0].parameters;
        for name in ["BlockDeviceMapping", "Placement", "CapacityReservationSpecification"] {
            assert!(!call.has(name), "{name} in {call:?}");
        }
        assert_eq!(call.get("MetadataOptions.HttpPutResponseHopLimit"), Some("1"));
        assert_eq!(lab.calls("DescribeImages").len(), 0);
    });
}

#[test]
fn the_disk_of_an_image_that_a_parameter_names_is_found_by_a_template_that_is_removed() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.proxy.name_image("/aws/service/newest", IMAGE);
        let mut wanted = wanted(1);
        wanted.machine.image = Some("resolve:ssm:/aws/service/newest".to_owned());
        lab.cloud.launch(&wanted).await.unwrap();
        assert_asked(&lab.calls("RunInstances")[0].parameters, "");
        assert!(lab.proxy.ask("DescribeLaunchTemplates", &[]).items("launchTemplates").is_empty());
    });
}

/// What checking these requests finds, each as message and hint.
async fn found(lab: &Lab, requests: &[LaunchRequest]) -> Vec<String> {
    let said = |error: CloudError| format!("{} | {}", error.message, error.hint.unwrap_or_default());
    lab.cloud.check(requests).await.unwrap().into_iter().map(said).collect()
}

#[test]
fn what_is_wrong_with_it_is_found_before_anything_is_launched() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.proxy.make_placement_group("near");
        lab.proxy.make_reservation("cr-0123", "active");
        lab.proxy.make_reservation("cr-0456", "expired");
        assert_eq!(found(&lab, &[wanted(1)]).await, [""; 0]);
        let with = |change: fn(&mut LaunchRequest)| {
            let mut wanted = wanted(1);
            change(&mut wanted);
            wanted
        };
        for (request, expected) in [
            (with(|it| it.machine.placement_group = Some("neer".to_owned())), "no placement group neer"),
            (with(|it| it.machine.placement_group = Some("neer".to_owned())), "did you mean near?"),
            (
                with(|it| it.machine.capacity_reservation = Some("cr-0999".to_owned())),
                "no capacity reservation cr-0999",
            ),
            (with(|it| it.machine.capacity_reservation = Some("cr-0456".to_owned())), "cr-0456 is expired"),
            (with(|it| it.machine.capacity_reservation = Some("mine".to_owned())), "\"mine\", which is no reservation"),
            (
                with(|it| it.machine.disk = Some(Disk { size: Some(1), ..Disk::default() })),
                "is to have 1 GiB, and the image",
            ),
            (with(|it| it.machine.disk.as_mut().unwrap().iops = Some(60_000)), "does at most 50000 iops, not 60000"),
        ] {
            let found = found(&lab, &[request]).await;
            assert!(found.iter().any(|found| found.contains(expected)), "{expected}: {found:?}");
        }
        assert_eq!(lab.proxy.living(), []);
    });
}

#[test]
fn an_ec2_like_cloud_says_what_it_does_not_have() {
    let setting = Setting { compatible: true, ..Setting::default() };
    let faults = Faults::default().plain(hoist_test_support::aws::TagsAtLaunch::Refused);
    let Some(lab) = Lab::with(faults, setting) else { return };
    run(async {
        let found = found(&lab, &[wanted(1)]).await;
        for expected in ["keeps no capacity", "has no hop limit"] {
            assert!(found.iter().any(|found| found.contains(expected)), "{expected}: {found:?}");
        }
    });
}
