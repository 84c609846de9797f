//! Launch specifications: what is read, what is refused with which line, and that what we write reads back the same.

use std::path::Path;

use hoist::compat::{LaunchSpecification, Provider};
use hoist::diagnostics::Diagnostic;
use hoist::template::Templates;
use proptest::prelude::*;

const EC2: &str = r#"{
  "ImageId": "ami-1",
  "InstanceType": "m3.medium",
  "KeyName": "key",
  "SecurityGroupIds": ["sg-1", "sg-2"],
  "SecurityGroups": ["default"],
  "SubnetId": "subnet-1",
  "Placement": {"AvailabilityZone": "eu-west-1a"},
  "IamInstanceProfile": {"Arn": "arn:aws:iam::1:instance-profile/x"},
  "BlockDeviceMappings": [{"DeviceName": "/dev/sda1"}],
  "UserData": "I2Nsb3VkLWNvbmZpZwo="
}"#;

const GCE: &str = r##"{
  "name": "cloud-1490000000",
  "machineType": "projects/p/zones/europe-west1-d/machineTypes/f1-micro",
  "disks": [
    {"boot": true, "autoDelete": true, "initializeParams": {
      "sourceImage": "https://www.googleapis.com/compute/v1/projects/debian-cloud/global/images/debian-8", "diskSizeGb": "10"}}
  ],
  "networkInterfaces": [{"subnetwork": "regions/europe-west1/subnetworks/default", "accessConfigs": [{}]}],
  "scheduling": {"preemptible": true, "onHostMaintenance": "TERMINATE", "automaticRestart": false},
  "serviceAccounts": [{"email": "a@b", "scopes": []}],
  "metadata": {"items": [{"key": "startup-script", "value": "#!/bin/sh\n"}]},
  "labels": {"team": "x"},
  "tags": {"items": ["worker"]}
}"##;

fn refused(text: &str) -> Vec<String> {
    match LaunchSpecification::parse(text, Path::new("s.json")) {
        Ok((read, _)) => panic!("{text} is read as {read:?}"),
        Err(problems) => problems.0.iter().filter(|p| Diagnostic::is_error(p)).map(ToString::to_string).collect(),
    }
}

#[test]
fn both_notations_are_read() {
    let (read, warnings) = LaunchSpecification::parse(EC2, Path::new("s.json")).unwrap();
    let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["s.json:10: warning: \"BlockDeviceMappings\" has no effect: hoist launches without it"]);
    let expected = LaunchSpecification {
        provider: Provider::Ec2,
        image: "ami-1".into(),
        instance_type: "m3.medium".into(),
        spot: true,
        zone: Some("eu-west-1a".into()),
        subnet: Some("subnet-1".into()),
        key_name: Some("key".into()),
        security_groups: vec!["sg-1".into(), "sg-2".into(), "default".into()],
        instance_profile: Some("arn:aws:iam::1:instance-profile/x".into()),
        user_data: Some(b"#cloud-config\n".to_vec()),
        ..LaunchSpecification::default()
    };
    assert_eq!(read, expected);

    let (read, warnings) = LaunchSpecification::parse(GCE, Path::new("s.json")).unwrap();
    let lines: Vec<usize> = warnings.iter().filter_map(|warning| warning.place.as_ref()?.line).collect();
    assert_eq!(lines, [5, 6, 8, 10]);
    let expected = LaunchSpecification {
        provider: Provider::Gce,
        name: Some("cloud-1490000000".into()),
        image: "projects/debian-cloud/global/images/debian-8".into(),
        instance_type: "f1-micro".into(),
        spot: true,
        zone: Some("europe-west1-d".into()),
        subnet: Some("regions/europe-west1/subnetworks/default".into()),
        security_groups: vec!["worker".into()],
        instance_profile: Some("a@b".into()),
        user_data: Some(b"#!/bin/sh\n".to_vec()),
        tags: [("team".into(), "x".into())].into(),
        ..LaunchSpecification::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn every_mistake_is_named_with_its_line() {
    for (right, wrong, told) in [
        (
            "\"ImageId\"",
            "\"ImageID\"",
            &[
                "s.json:1: the document has no \"ImageId\"",
                "s.json:2: unknown key \"ImageID\"\n  did you mean \"ImageId\"?",
            ][..],
        ),
        ("\"ami-1\"", "7", &["s.json:2: \"ImageId\" must be a text, not a number"]),
        ("\"ami-1\"", "\"\"", &["s.json:2: \"ImageId\" is empty; leave it out"]),
        ("\"ami-1\"", "\"a\\u0000\"", &["s.json:2: \"ImageId\" holds a control character"]),
        (
            "\"sg-2\"",
            "\n\"web\"",
            &["s.json:6: \"SecurityGroupIds[1]\" is \"web\", which is no id; one begins with \"sg-\""],
        ),
        (
            "\"subnet-1\"",
            "\"net-1\"",
            &["s.json:7: \"SubnetId\" is \"net-1\", which is no id; one begins with \"subnet-\""],
        ),
        (
            "AvailabilityZone",
            "AvailabilityZoen",
            &["s.json:8: unknown key \"Placement.AvailabilityZoen\"\n  did you mean \"AvailabilityZone\"?"],
        ),
        (
            "{\"Arn\"",
            "{\"Name\": \"x\", \"Arn\"",
            &["s.json:9: \"IamInstanceProfile\" has both \"Arn\" and \"Name\"; EC2 takes one"],
        ),
        ("\"arn:", "\"", &["s.json:9: \"IamInstanceProfile.Arn\" is no ARN; a name stands in \"Name\""]),
        ("I2Ns", "#cloud", &["s.json:11: \"UserData\" is not in base64\n  EC2's JSON carries user data in base64"]),
        (
            "\"KeyName\": \"key\"",
            "\"KeyName\": \"key\",\n\"KeyName\": \"other\"",
            &["s.json:5: \"KeyName\" is given twice"],
        ),
        (
            "\"KeyName\": \"key\"",
            "\"NetworkInterfaces\": [{\"SubnetId\": \"subnet-2\"}]",
            &["s.json:4: \"NetworkInterfaces[0]\" has \"SubnetId\" beside \"SubnetId\"; EC2 takes one of them"],
        ),
        ("\"KeyName\": \"key\",", "\"KeyName\": \"key\"", &["s.json:5: this is no JSON: expected `,` or `}`"]),
        ("\"KeyName\"", "\"disks\": [], \"KeyName\"", &["s.json:1: the document mixes keys of EC2 and of GCE"]),
    ] {
        let text = EC2.replace(right, wrong);
        assert_ne!(text, EC2, "{right}");
        assert_eq!(refused(&text), told, "{wrong}");
    }
    for (right, wrong, told) in [
        (
            "\"TERMINATE\"",
            "\"MIGRATE\"",
            "s.json:9: \"scheduling.onHostMaintenance\" must be TERMINATE for a machine that may be taken back",
        ),
        (
            "\"automaticRestart\": false",
            "\"automaticRestart\": true",
            "s.json:9: \"scheduling.automaticRestart\" must be false for a machine that may be taken back",
        ),
        (
            "\"preemptible\": true",
            "\"preemptible\": \"true\"",
            "s.json:9: \"scheduling.preemptible\" must be true or false, not a text",
        ),
        (
            "\"preemptible\": true",
            "\"preemptible\": true, \"provisioningModel\": \"STANDARD\"",
            "s.json:9: \"scheduling\" is both preemptible and STANDARD",
        ),
        (
            "\"cloud-1490000000\"",
            "\"Cloud_1\"",
            "s.json:2: \"name\" is \"Cloud_1\", which GCE does not take for a name\n  one has",
        ),
        ("\"sourceImage\"", "\"sourceImgae\"", "s.json:5: \"disks[0].initializeParams\" has no \"sourceImage\""),
        (
            "\"machineType\"",
            "\"zone\": \"us-a\", \"machineType\"",
            "s.json:1: the document is for two zones: \"zone\" says us-a, \"machineType\" europe-west1-d",
        ),
        (
            "[{\"key\"",
            "[{\"key\": \"user-data\", \"value\": \"\"}, {\"key\"",
            "s.json:11: \"metadata.items[1]\" is a second one of user-data and startup-script",
        ),
        ("{\"email\"", "{\"email\": \"x\"}, {\"email\"", "s.json:10: \"serviceAccounts[1]\" is a second one"),
    ] {
        let text = GCE.replace(right, wrong);
        assert_ne!(text, GCE, "{right}");
        let problems = refused(&text);
        assert!(problems.iter().any(|problem| problem.starts_with(told)), "{wrong}: {problems:?}");
    }
    for (text, told) in [
        ("", "s.json:1: this is no JSON: EOF"),
        ("[]", "s.json:1: the document is no launch"),
        ("{\"a\": 1}", "s.json:1: the document is no launch"),
    ] {
        assert!(refused(text)[0].starts_with(told), "{text}: {:?}", refused(text));
    }
}

fn word() -> impl Strategy<Value = String> {
    "[^\\p{Cc}\\s][^\\p{Cc}]{0,20}"
}

prop_compose! {
    fn specification()(
        texts in prop::collection::vec(prop::option::of(word()), 3),
        image in word(),
        instance_type in "[a-z0-9.-]{1,12}",
        groups in prop::collection::vec("sg-[0-9a-f]{1,8}", 0..3),
        user_data in prop::option::of("[^\0]{1,200}"),
        tags in prop::collection::btree_map(word(), any::<String>(), 0..3),
        spot in any::<bool>(),
    ) -> LaunchSpecification {
        let [subnet, key_name, profile]: [Option<String>; 3] = texts.try_into().unwrap();
        LaunchSpecification {
            image, instance_type, subnet, key_name, security_groups: groups, instance_profile: profile, tags, spot,
            zone: Some("zone-a".to_owned()), user_data: user_data.map(String::into_bytes),
            ..LaunchSpecification::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn what_we_write_reads_back_the_same(given in specification()) {
        let templates = Templates::built_in();
        let ec2 = LaunchSpecification {
            subnet: given.subnet.as_ref().map(|subnet| format!("subnet-{subnet}")),
            spot: true,
            tags: Default::default(),
            ..given.clone()
        };
        let rendered = templates.get("spot-launch-specification.json").unwrap().render(&ec2.values()).unwrap();
        let read = LaunchSpecification::parse(&rendered, Path::new("s.json"));
        prop_assert_eq!(read, Ok((ec2, vec![])), "{}", rendered);
        let gce = LaunchSpecification { provider: Provider::Gce, key_name: None, name: Some("w-1".to_owned()), ..given };
        let rendered = templates.get("gce-instance.json").unwrap().render(&gce.values()).unwrap();
        let read = LaunchSpecification::parse(&rendered, Path::new("s.json"));
        prop_assert_eq!(read, Ok((gce, vec![])), "{}", rendered);
    }
}
