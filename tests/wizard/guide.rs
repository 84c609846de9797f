//! The example session of ECM's guide, on an EC2-like cloud: a CentOS cluster, its image from the list or by its id.

use crate::hand::Hand;
use crate::lab::{ALLOW, Lab, SHA256, SOURCE};

const ECM_CONF: &str = "FLAVOR_VMS=m1.small\nMAX_VMS=3\nMIN_VMS=1\nJOBS_PER_VM=1\nIDLE_TIME=2400\nKEY_NAME=ann\n";

fn begin(lab: &Lab) -> Hand {
    lab.file("ecm.conf", ECM_CONF);
    let mut hand = Hand::start(lab.hoist(&format!("wizard --no-launch {ALLOW}")));
    hand.sees("answers from ecm.conf").answers("Cloud", "").answers("Region [none]", "");
    hand.answers("Address of the cloud's API [http://", "").answers("Operating system", "centos-7");
    hand
}

fn finish(mut hand: Hand, lab: &Lab, image: &str) {
    hand.answers("of the workers", "").answers("of the master", "t3.medium").answers("always there [1]", "");
    hand.answers("most workers at once [3]", "").answers("at once", "").answers("worker ends [2400]", "");
    hand.answers("Key pair", "").answers("Private key", "").answers("Subnet", "");
    hand.answers("group of the master", "").answers("group of the workers", "").answers("Name of the pool", "");
    hand.answers("password", "").answers("Docker", "").answers("starts and ends", "elastiq").answers("How long", "");
    hand.answers("Is this right?", "yes").sees("wrote master-centos-7-20");
    hand.ends(0);
    let written = lab.written();
    assert!(written.plan.contains(&format!("image = \"{image}\"")), "{}", written.plan);
    assert!(written.plan.contains("compatible = true") && written.plan.contains("instance_type = \"t3.medium\""));
    for line in ["worker_type = \"m1.small\"", "idle_seconds = 2400", "key_name = \"ann\"", "scaler = \"elastiq\""] {
        assert!(written.answers.contains(line), "{line}\n{}", written.answers);
    }
    assert_eq!(lab.cloud.count("RunInstances"), 0);
}

#[test]
fn an_image_is_chosen_from_the_list() {
    let Some(lab) = Lab::compatible() else { return };
    let image = lab.image("CentOS 7 x86_64");
    let other = lab.image("CentOS 6 x86_64");
    let mut hand = begin(&lab);
    hand.sees("Image of master").sees(&image).sees("other image: you have to know its id").types("\r");
    finish(hand, &lab, &image);
    assert!(!lab.written().plan.contains(&other));
}

#[test]
fn another_image_is_typed_and_checked() {
    let Some(lab) = Lab::compatible() else { return };
    lab.image("CentOS 7 x86_64");
    let snapshot = lab.image("cernvm_230_ldap_pd");
    let mut hand = begin(&lab);
    hand.answers("Image of master", "other")
        .answers("workers: ", "ami-00000447")
        .sees("there is no image ami-00000447");
    hand.answers("Image of master", "other").answers("workers: ", &snapshot);
    finish(hand, &lab, &snapshot);
}

#[test]
fn the_programs_of_an_ec2rc_are_needed_for_a_compatible_cloud() {
    let Some(lab) = Lab::new() else { return };
    let words = format!(
        "wizard --no-input --cloud compatible --os centos-7 --image ami-00000447 --worker-type m1.small --max-workers 3 \
         --key-name ann --binary-source {SOURCE} --binary-sha256 {SHA256} {ALLOW} --offline"
    );
    lab.hoist(&words)
        .without_env("AWS_ENDPOINT_URL")
        .exit(64)
        .says("endpoint has no answer")
        .says("--endpoint-url URL");
}
