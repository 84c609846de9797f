//! Ctrl-C at every kind of question leaves nothing behind and the terminal as it was, which [`hoist_test_support::terminal`] checks.

use crate::hand::{CTRL_C, Hand};
use crate::lab::{Lab, SHA256, SOURCE};

/// The wizard with these answers besides, stopped where it shows this.
fn stopped_at(lab: &Lab, words: &str, shown: &[&str]) {
    let mut hand = Hand::start(lab.hoist(&format!("wizard {words}")));
    for (place, text) in shown.iter().enumerate() {
        hand.sees(text);
        if place + 1 < shown.len() {
            hand.types("\r");
        }
    }
    hand.types(CTRL_C);
    let seen = hand.ends(130);
    assert!(seen.screen.contains("interrupted"), "{}", seen.screen);
}

#[test]
fn nothing_is_left_wherever_it_comes() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    stopped_at(&lab, "", &["Cloud"]);
    stopped_at(&lab, "", &["Cloud", "Region ["]);
    stopped_at(&lab, "--os debian-12", &["Cloud", "Region [", "other image"]);
    let known = format!(
        "--cloud ec2 --region us-east-1 --os debian-12 --image {image} --worker-type t3.large --key-name ann \
         --binary-source {SOURCE} --binary-sha256 {SHA256} --master-type t3.large --jobs-per-worker 1 --idle-seconds 60 \
         --min-workers 0 --key-file none --master-profile none --worker-profile none --password-file p --docker \
         --scaler hoist --lease none --pool p --subnet none"
    );
    stopped_at(&lab, &known, &["most workers"]);
    stopped_at(&lab, &format!("{known} --max-workers 3"), &["group of the master"]);
    let known = format!("{known} --max-workers 3 --master-group new --worker-group new");
    stopped_at(&lab, &known, &["Is this right?"]);
    stopped_at(&lab, &known, &["Is this right?", "Is it meant to be there?"]);
    assert_eq!((lab.names(), lab.changes()), (Vec::new(), 0));

    // Once the files are written they stay, and nothing is launched.
    stopped_at(&lab, &format!("{known} {}", crate::lab::ALLOW), &["Is this right?", "Launch the master now?"]);
    assert_eq!(lab.names().len(), 4, "{:?}", lab.names());
    assert_eq!(lab.cloud.count("RunInstances"), 0);
}

#[test]
fn it_ends_while_the_cloud_takes_its_time() {
    use hoist_test_support::aws::{Effect, Faults};
    let Some(lab) = Lab::new() else { return };
    let slow = Effect::Slow(std::time::Duration::from_secs(5));
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeImages", slow));
    let mut hand = Hand::start(lab.hoist("wizard --cloud ec2 --region us-east-1"));
    hand.answers("Operating system", "debian-12");
    crate::lab::eventually("the cloud is asked", || (lab.cloud.count("DescribeImages") > 0).then_some(()));
    hand.types(CTRL_C);
    assert!(!hand.ends(130).screen.contains("Image of master"), "it did not wait for the answer");
    assert_eq!(lab.names(), Vec::<String>::new());
}

#[test]
fn quitting_writes_nothing() {
    let Some(lab) = Lab::new() else { return };
    let mut hand = Hand::start(lab.hoist("wizard --cloud local --os debian-12 --offline"));
    hand.answers("always there", "").answers("most workers", "2").answers("at once", "").answers("idle", "");
    hand.answers("Name", "").answers("password", "").answers("Docker", "").answers("How long", "");
    hand.answers("Is this right?", "quit");
    assert!(hand.ends(1).screen.contains("quit; nothing was written"));
    assert_eq!(lab.names(), Vec::<String>::new());
}
