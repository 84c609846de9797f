//! `hoist image list`.

use crate::aws::{Effect, Faults, IMAGE};
use crate::lab::Lab;

#[test]
fn images_are_listed_by_what_is_asked_for() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let all = lab.hoist("image list -o json").exit(0).json();
    assert_eq!(all["schema"], 1);
    let found = |document: &serde_json::Value| document["images"].as_array().unwrap().clone();
    let known = found(&all).into_iter().find(|image| image["id"] == IMAGE).expect("the newest of each system is shown");
    assert_eq!((&known["os"], &known["architecture"]), (&"ubuntu-16.04".into(), &"x86_64".into()));

    let named = found(&lab.hoist("image list --name ubuntu/images/hvm-ssd/ubuntu-xenial* -o json").exit(0).json());
    assert!(!named.is_empty() && named.iter().all(|image| image["os"] == "ubuntu-16.04"), "{named:?}");
    let text = lab.hoist("image list --os ubuntu-16.04 --owner amazon").exit(0).stdout;
    assert!(text.starts_with("IMAGE") && text.contains(IMAGE) && !text.contains("amzn"), "{text}");
}

#[test]
fn nothing_that_fits_is_no_error() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let none = lab.hoist("image list --name no-such-image").exit(0).says(&["no image in ec2 us-east-1"]);
    assert_eq!(none.stdout, "", "data goes to standard output, messages do not");
    let none = lab.hoist("image list --name no-such-image -o json").exit(0).json();
    assert_eq!(none["images"], serde_json::json!([]));
}

#[test]
fn what_cannot_be_listed_says_why() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.hoist("image list --os plan9").exit(1).says(&["nothing is known of the system plan9", "known are debian"]);
    lab.hoist_with(&[("AWS_ACCESS_KEY_ID", None)], "image list")
        .exit(1)
        .says(&["cannot get the credentials", "AWS_PROFILE"]);
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeImages", denied));
    lab.hoist("image list").exit(1).says(&["ec2:DescribeImages"]);
}
