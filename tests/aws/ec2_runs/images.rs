//! `hoist image list`.

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults, IMAGE};

#[test]
fn images_are_listed_by_what_is_asked_for() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let all = lab.hoist("image list -o json").exit(0).json();
    assert_eq!(all["schema"], 1);
    let found = |document: &serde_json::Value| document["images"].as_array().unwrap().clone();
    let known = found(&all).into_iter().find(|image| image["id"] == IMAGE).expect("the newest of each system is shown");
    assert_eq!((&known["os"], &known["architecture"]), (&"ubuntu-16.04".into(), &"x86_64".into()));
    assert!(known["age_days"].is_u64(), "{known}");
    let newest = "resolve:ssm:/aws/service/canonical/ubuntu/server/16.04/stable/current/amd64/hvm/ebs-gp2/ami-id";
    assert_eq!(known["resolve"], newest);

    let named = found(&lab.hoist("image list --name ubuntu/images/hvm-ssd/ubuntu-xenial* -o json").exit(0).json());
    assert!(!named.is_empty() && named.iter().all(|image| image["os"] == "ubuntu-16.04"), "{named:?}");
    let text = lab.hoist("image list --os ubuntu-16.04 --owner amazon").exit(0).raw_stdout;
    let [titles, "", heading, ..] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert_eq!(titles.split_whitespace().collect::<Vec<_>>(), ["AGE", "ARCH", "IMAGE", "NAME"]);
    assert_eq!(heading, "Ubuntu 16.04");
    assert!(text.contains(newest) && text.contains(IMAGE) && !text.contains("amzn"), "{text}");
}

#[test]
fn systems_are_listed_under_headings_that_fit_the_terminal() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    for (columns, width) in [(Some("80"), 80), (Some("100"), 100), (None, 100), (Some("wide"), 100)] {
        let text = lab.hoist_with(&[("COLUMNS", columns)], "image list").exit(0).raw_stdout;
        let too_long = |line: &&str| line.chars().count() > width && !line.starts_with("  resolve:ssm:");
        assert_eq!(text.lines().find(too_long), None, "{text}");
        let headings: Vec<&str> = text
            .split("\n\n")
            .skip(1)
            .filter_map(|group| group.lines().next())
            .filter(|line| !line.contains(':'))
            .collect();
        assert!(headings.len() > 2 && headings.contains(&"Ubuntu 16.04"), "{headings:?}");
        let mut once = headings.clone();
        once.dedup();
        assert_eq!(once, headings, "each system has one heading");
    }
}

#[test]
fn a_compatible_cloud_shows_all_its_images() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    for name in ["uCernVM 3.6.5", "Centos 7 x86_64", "photo-slave"] {
        lab.cloud.ask("RegisterImage", &[("Name", name)]);
    }
    let compatible = [
        ("EC2_URL", Some(lab.cloud.endpoint())),
        ("EC2_ACCESS_KEY", Some("AKIAIOSFODNN7EXAMPLE".to_owned())),
        ("EC2_SECRET_KEY", Some("secret".to_owned())),
        ("AWS_ENDPOINT_URL", None),
    ];
    let environment: Vec<(&str, Option<&str>)> =
        compatible.iter().map(|(name, value)| (*name, value.as_deref())).collect();
    let all = lab.hoist_with(&environment, "image list").exit(0).raw_stdout;
    let after = |heading: &str| all.split_once(&format!("\n{heading}\n")).map_or("", |(_, rest)| rest);
    assert!(after("uCernVM 3.6").contains("uCernVM 3.6.5") && after("CentOS 7").contains("Centos 7 x86_64"), "{all}");
    assert!(after("Other").contains("photo-slave") && !all.contains("resolve:ssm:"), "{all}");
    let one = lab.hoist_with(&environment, "image list --os ucernvm -o json").exit(0).json();
    assert_eq!(one["images"].as_array().unwrap().len(), 1, "{one}");
    assert_eq!((&one["images"][0]["name"], &one["images"][0]["resolve"]), (&"uCernVM 3.6.5".into(), &().into()));
}

#[test]
fn nothing_that_fits_is_no_error() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let none = lab.hoist("image list --name no-such-image").exit(0).says_all(&["no image in ec2 us-east-1"]);
    assert_eq!(none.raw_stdout, "", "data goes to standard output, messages do not");
    let none = lab.hoist("image list --name no-such-image -o json").exit(0).json();
    assert_eq!(none["images"], serde_json::json!([]));
}

#[test]
fn what_cannot_be_listed_says_why() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.hoist("image list --os plan9").exit(1).says_all(&["nothing is known of the system plan9", "known are debian"]);
    lab.hoist_with(&[("AWS_ACCESS_KEY_ID", None)], "image list")
        .exit(1)
        .says_all(&["cannot get the credentials", "AWS_PROFILE"]);
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeImages", denied));
    lab.hoist("image list").exit(1).says_all(&["ec2:DescribeImages"]);
}
