//! Every question on a terminal: help, wrong answers, going back.

use crate::hand::{ESCAPE, Hand};
use crate::lab::{Lab, SHA256, SOURCE};

#[test]
fn every_question_is_asked_and_wrong_answers_are_asked_again() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let mut hand = Hand::start(lab.hoist("wizard"));
    hand.sees("? explains, < goes back");
    hand.answers("Cloud", "?").sees("EC2_ACCESS_KEY").sees("Option: --cloud CLOUD");
    hand.answers("Cloud", "<").sees("this is the first question").answers("Cloud", "ec2");
    hand.answers("Region [us-east-1]", "?").sees("Such as us-east-1");
    hand.answers("Region", "us east").sees("\"us east\" is not the name of a region").sees("regions are called");
    hand.answers("Region", "<").answers("Cloud", "").answers("Region [us-east-1]", "");
    hand.answers("Operating system", "debian-12");
    // Esc goes back from a list.
    hand.sees("Image of master").sees(&image).types(ESCAPE).answers("Operating system", "");
    hand.answers("Image of master", "other").answers("Image of master and workers: ", "debian");
    hand.sees("\"debian\" is not the id of an image").answers("Image of master", "other");
    hand.answers("Image of master and workers: ", "ami-0123456789abcdef0")
        .sees("there is no image ami-0123456789abcdef0");
    hand.answers("Image of master", "of mine");
    hand.answers("of the workers", "t3.large").answers("of the master", "");
    hand.answers("always there [0]", "none").sees("\"none\" is not a number");
    hand.answers("always there [0]", "2").answers("most workers", "1").sees("1 is less than");
    hand.answers("most workers", "3").answers("(cpus of a t3.large: 2) [1]", "4").sees("4 jobs share the 2 processors");
    hand.answers("idle worker ends [3600]", "").answers("Key pair", "bob");
    hand.answers("Private key", "keys/").sees("is a directory").answers("Private key", "~/.ssh/bob");
    hand.answers("Subnet", "?").sees("a way to the internet").answers("Subnet", "");
    hand.answers("group of the master", "new").answers("group of the workers", "");
    hand.answers("Name of the pool [hoist.pool]", "my pool").sees("is not the name of a pool");
    hand.answers("Name of the pool", "physics")
        .answers("profile of the master", "")
        .answers("profile of the workers", "");
    hand.answers("physics.password]", "").answers("Docker", "true");
    hand.answers("starts and ends workers", "");
    hand.answers("hoist's program", "http://example.org/hoist").sees("without encryption");
    hand.answers("hoist's program", SOURCE).answers("SHA-256", "abc").sees("64 hexadecimal digits");
    hand.answers("SHA-256", SHA256).answers("How long", "soon").sees("is no lease").answers("How long", "12h");
    assert_eq!((lab.names(), lab.changes()), (Vec::new(), 0), "nothing is made before it is agreed to");

    hand.sees("Key pair").sees("bob").sees("How long the master is kept").answers("Is this right?", "change");
    hand.answers("Which answer?", "most workers").answers("most workers at once [3]", "5");
    hand.answers("Is this right?", "yes").sees("htcondor-password").sees("Is it meant to be there?").types("y");
    hand.sees("wrote master-debian-12-20").sees("security group physics-master is there");
    hand.sees("hoist plan boot master-debian-12-").sees("Launch the master now?").types("n");
    hand.ends(0);

    let written = lab.written();
    assert!(written.name.starts_with("master-debian-12-"), "{}", written.name);
    for line in ["max_workers = 5", "min_workers = 2", "key_name = \"bob\"", "docker = true", "lease = \"12h\""] {
        assert!(written.answers.contains(&format!("\n{line}\n")), "{line}\n{}", written.answers);
    }
    assert!(written.answers.contains(&image) && written.plan.contains(&image));
    let modes = lab.names().into_iter().map(|name| {
        use std::os::unix::fs::PermissionsExt as _;
        lab.work().join(name).metadata().unwrap().permissions().mode() & 0o777
    });
    assert!(modes.collect::<Vec<_>>().iter().all(|mode| *mode == 0o600));
    assert_eq!(lab.cloud.count("RunInstances"), 0);
}

#[test]
fn groups_are_made_as_the_guide_asks_and_only_once() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let words = format!(
        "wizard --no-input --os debian-12 --image {image} --worker-type t3.large --max-workers 2 --key-name ann \
         --binary-source {SOURCE} --binary-sha256 {SHA256} {}",
        crate::lab::ALLOW
    );
    lab.hoist(&words).exit(0).says("security group hoist.pool-master is there (sg-");
    let group = |name: &str| {
        let shown =
            lab.cloud.ask("DescribeSecurityGroups", &[("Filter.1.Name", "group-name"), ("Filter.1.Value.1", name)]);
        let groups = shown.items("securityGroupInfo");
        assert_eq!(groups.len(), 1, "{shown:?}");
        format!("{:?}", groups[0])
    };
    let master = group("hoist.pool-master");
    for part in ["22", "9618", "0.0.0.0/0", "hoist:pool", "hoist:owner"] {
        assert!(master.contains(part), "{part}: {master}");
    }
    for part in ["icmp", "41000", "42000"] {
        assert!(!master.contains(part), "nobody uses {part}: {master}");
    }
    let made = lab.changes();
    lab.hoist(&words).exit(0).says("security group hoist.pool-worker is there (sg-");
    assert_eq!(lab.changes(), made, "they are there already");
    let worker = group("hoist.pool-worker");
    // The rule for what goes out is the cloud's own.
    assert!(worker.contains("9618") && worker.matches("\"-1\"").count() == 1, "{worker}");
}

#[test]
fn groups_that_nothing_is_in_are_orphans() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let words = format!(
        "wizard --no-input --os debian-12 --image {image} --worker-type t3.large --max-workers 2 --key-name ann \
         --binary-source {SOURCE} --binary-sha256 {SHA256} {}",
        crate::lab::ALLOW
    );
    let groups = |code: i32, words: &str| {
        let found = lab.hoist(&format!("{words} -o json")).exit(code).json();
        let listed = found["leftovers"].as_array().unwrap().iter();
        listed.map(|thing| thing["detail"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    lab.hoist(&format!("{words} --no-launch")).exit(0);
    assert_eq!(lab.changes(), 0, "who wants files only gets no groups");
    lab.clear();
    lab.hoist(&words).exit(0);
    assert_eq!(groups(2, "orphans"), ["hoist.pool-worker", "hoist.pool-master"]);
    groups(0, "orphans --terminate --yes");
    assert_eq!(groups(0, "orphans"), Vec::<String>::new());
    lab.clear();
    // Those that a machine is in are looked after.
    let ran = lab.hoist(&format!("{words} --launch -o json")).exit(0).json();
    assert_eq!(groups(2, "orphans"), ["hoist.pool-worker"]);
    lab.hoist(&format!("plan terminate {} --yes", ran["run"].as_str().unwrap())).exit(0);
}

#[test]
fn a_declined_secret_keeps_the_answers_and_enter_declines_nothing() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    // No answer where nothing is asked is one.
    let known = format!(
        "--cloud ec2 --region us-east-1 --os debian-12 --worker-type t3.large --key-name ann \
         --binary-source {SOURCE} --binary-sha256 {SHA256} --master-type t3.large --jobs-per-worker 1 --idle-seconds 60 \
         --min-workers 0 --key-file none --master-profile none --worker-profile none --password-file p --docker=false \
         --scaler hoist --lease none --pool p --subnet none --max-workers 3 --master-group new --worker-group new \
         --password-from none"
    );
    let mut hand = Hand::start(lab.hoist(&format!("wizard {known}")));
    // The id of an image is pasted into the list, one that is not there and one that is.
    hand.answers("Image of master", "ami-0123456789abcdef0").sees("there is no image ami-0123456789abcdef0");
    hand.answers("Image of master", &image);
    hand.answers("Is this right?", "yes").sees("Is it meant to be there?").types("\r\rn");
    let seen = hand.ends(1);
    assert!(seen.screen.contains("your answers are kept: hoist wizard --answers hoist-wizard.toml"), "{}", seen.screen);
    assert!(lab.names().contains(&"hoist-wizard.toml".to_owned()), "{:?}", lab.names());
    let kept = std::fs::read_to_string(lab.work().join("hoist-wizard.toml")).unwrap();
    assert!(kept.contains(&image) && kept.contains("max_workers = 3"), "{kept}");
    assert_eq!(lab.changes(), 0);
    lab.hoist(&format!("wizard --no-input --answers hoist-wizard.toml {}", crate::lab::ALLOW)).exit(0);
}
