//! The systems that a cluster can be made of, by all their names, and those that it cannot.

use hoist::wizard::SYSTEMS;

use crate::hand::Hand;
use crate::lab::{ALLOW, Lab, SHA256, SOURCE};

/// Everything but the system, for files only.
fn words(image: &str) -> String {
    format!(
        "wizard --no-input --no-launch --image {image} --worker-type t3.large --max-workers 2 --key-name ann \
         --binary-source {SOURCE} --binary-sha256 {SHA256} {ALLOW} -o json"
    )
}

#[test]
fn each_is_taken_by_its_word_and_by_what_people_call_it() {
    let Some(lab) = Lab::new() else { return };
    let offline = format!("{} --offline", words("ami-0123456789abcdef0"));
    let others = [
        ("al2023", "amazon-2023"),
        ("amazon-linux-2023", "amazon-2023"),
        ("rhel9", "rhel-9"),
        ("redhat-9", "rhel-9"),
        ("alma10", "almalinux-10"),
        ("Rocky10", "rocky-10"),
        ("ubuntu26.04", "ubuntu-26.04"),
        ("resolute", "ubuntu-26.04"),
    ];
    for (text, word) in SYSTEMS.map(|os| (os.word, os.word)).into_iter().chain(others) {
        let document = lab.hoist(&format!("{offline} --os {text}")).exit(0).json();
        assert_eq!(document["os"], word, "{text}");
        let written = lab.written();
        assert!(written.name.starts_with(&format!("master-{word}-")), "{}", written.name);
        assert!(written.answers.contains(&format!("\nos = \"{word}\"\n")), "{}", written.answers);
        lab.clear();
    }
    lab.file("mine.toml", "os = \"Red Hat Enterprise Linux 10\"\n");
    assert_eq!(lab.hoist(&format!("{offline} --answers mine.toml")).exit(0).json()["os"], "rhel-10");
}

#[test]
fn old_ones_are_refused_with_what_to_use_instead() {
    let Some(lab) = Lab::new() else { return };
    let offline = format!("{} --offline", words("ami-0123456789abcdef0"));
    for (text, why, instead) in [
        ("centos-6", "CentOS 6 has had no updates since November 2020", "try: almalinux-9 or rocky-9"),
        ("SL6", "Scientific Linux 6 has had no updates", "try: almalinux-9 or rocky-9"),
        ("sl7", "Scientific Linux has ended", "try: almalinux-9 or rocky-9"),
        ("centos8", "CentOS 8 has had no updates", "try: almalinux-8 or rocky-8"),
        ("rhel7", "Red Hat Enterprise Linux 7", "try: rhel-9"),
        ("amazon-2", "Amazon Linux 2", "try: amazon-2023"),
        ("debian-11", "Debian 11", "try: debian-13 or debian-12"),
        ("ubuntu-20.04", "22.04, 24.04 and 26.04 only", "try: ubuntu-24.04"),
        ("windows-2022", "not of Windows", "try: debian-13"),
        ("plan9", "is no system that hoist knows", "1 problem"),
    ] {
        lab.hoist(&format!("{offline} --os {text}"))
            .exit(64)
            .says(&format!("--os: \"{text}\""))
            .says(why)
            .says(instead);
    }
    // What a file says is no wrong use of the command.
    lab.file("mine.toml", "os = \"CentOS 6\"\n");
    lab.hoist(&format!("{offline} --answers mine.toml")).exit(1).says("mine.toml:1: os").says("almalinux-9");
    assert_eq!((lab.names(), lab.changes()), (vec!["mine.toml".to_owned()], 0));
}

#[test]
fn images_of_old_ones_are_refused_whatever_the_system_is_said_to_be() {
    let Some(lab) = Lab::new() else { return };
    for (name, why) in [
        ("Centos 6 x86_64", "is called Centos 6 x86_64: CentOS 6 has had no updates"),
        ("SL7 of mine", "is called SL7 of mine: Scientific Linux has ended"),
        ("Win7-Pro-X86_64-ENU", "is called Win7-Pro-X86_64-ENU: hoist makes pools of Linux machines"),
    ] {
        let image = lab.image(name);
        let ran = lab.hoist(&format!("{} --os centos-7", words(&image))).exit(64);
        ran.says(&format!("--image: the image {image} {why}")).says("try: an image of ");
    }
    assert_eq!(lab.names(), Vec::<String>::new());
}

#[test]
fn an_image_of_arm64_needs_packages_of_arm64() {
    let Some(lab) = Lab::new() else { return };
    let lacks = "has no packages of HTCondor: the image must bring it";
    let image = |owner: &str, name: &str| lab.cloud.publish(owner, name, "arm64");
    let amazon = image("amazon", "al2023-ami-2023.9.20260601.0-kernel-6.12-arm64");
    let arm = |image: &str| words(image).replace("t3.large", "t4g.large");
    lab.hoist(&format!("{} --os al2023", arm(&amazon))).exit(0).says(lacks);
    lab.clear();
    let rocky = image("792107900819", "Rocky-10-EC2-Base-10.1-20260601.0.aarch64");
    let ran = lab.hoist(&format!("{} --os rocky-10", arm(&rocky))).exit(0);
    assert!(!ran.stderr.contains(lacks), "{ran}");
}

#[test]
fn on_a_terminal_any_name_is_typed_and_its_publishers_images_are_listed() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.cloud.publish("309956199498", "RHEL-10.1.0_HVM-20260601-x86_64-0-Hourly2-GP3", "x86_64");
    let other = lab.cloud.publish("309956199498", "RHEL-9.6.0_HVM-20260601-x86_64-0-Hourly2-GP3", "x86_64");
    let mut hand = Hand::start(lab.hoist("wizard --cloud ec2 --region us-east-1"));
    hand.answers("Operating system", "SL6")
        .sees("Scientific Linux 6 has had no updates")
        .sees("almalinux-9 or rocky-9");
    hand.answers("Operating system", "redhat 10").sees("Image of master").sees(&image).types(crate::hand::CTRL_C);
    let seen = hand.ends(130);
    assert!(!seen.screen.contains(&other), "{}", seen.screen);
}

#[test]
fn shells_complete_them() {
    let Some(lab) = Lab::new() else { return };
    for command in ["wizard", "annex create"] {
        let place = command.split(' ').count() + 2;
        let asked = lab
            .hoist(&format!("-- hoist {command} --os r"))
            .env("COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", place.to_string())
            .env("_CLAP_COMPLETE_COMP_TYPE", "9")
            .env("_CLAP_COMPLETE_SPACE", "true")
            .env("_CLAP_IFS", "\n")
            .exit(0);
        let mut offered: Vec<&str> = asked.stdout.lines().collect();
        offered.sort_unstable();
        assert_eq!(offered, ["rhel-10", "rhel-8", "rhel-9", "rocky-10", "rocky-8", "rocky-9"], "{command}");
    }
}
