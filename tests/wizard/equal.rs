//! By hand, by options and by the answers file: the same cluster, byte for byte.

use crate::hand::Hand;
use crate::lab::{ALLOW, Lab, SHA256, SOURCE, Written};

fn without_name(written: Written) -> (String, String, String) {
    (written.master, written.plan, written.answers)
}

#[test]
fn the_files_are_the_same_however_they_are_answered() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let options = format!(
        "--os debian-12 --image {image} --worker-type t3.large --master-type t3.small --min-workers 1 --max-workers 4 \
         --jobs-per-worker 2 --idle-seconds 600 --key-name ann --key-file ~/.ssh/ann --pool phys --docker \
         --binary-source {SOURCE} --binary-sha256 {SHA256} --lease 12h"
    );
    lab.hoist(&format!("wizard --no-input {options} {ALLOW}")).exit(0);
    let by_options = without_name(lab.written());
    std::fs::rename(lab.work().join("hoist-wizard.toml"), lab.work().join("mine.toml")).unwrap();
    lab.clear();

    lab.hoist(&format!("wizard --no-input --answers mine.toml {ALLOW}")).exit(0);
    assert_eq!(without_name(lab.written()), by_options, "by the answers file");
    lab.clear();

    let mut hand = Hand::start(lab.hoist(&format!("wizard --no-launch {ALLOW}")));
    hand.answers("Cloud", "").answers("Region", "").answers("Operating system", "debian-12");
    hand.answers("Image", "mine").answers("of the workers", "t3.large").answers("of the master", "t3.small");
    hand.answers("always there", "1").answers("most workers", "4").answers("a worker runs", "2").answers("idle", "600");
    hand.answers("Key pair", "ann").answers("Private key", "~/.ssh/ann").answers("Subnet", "none");
    hand.answers("group of the master", "").answers("group of the workers", "").answers("Name of the pool", "phys");
    hand.answers("profile of the master", "").answers("profile of the workers", "").answers("password", "");
    hand.answers("Docker", "yes").answers("starts and ends workers", "hoist").answers("program", SOURCE);
    hand.answers("SHA-256", SHA256).answers("How long", "12h").answers("Is this right?", "");
    hand.ends(0);
    assert_eq!(without_name(lab.written()), by_options, "by hand");
    lab.clear();

    // What a file answers is offered.
    let mut hand = Hand::start(lab.hoist(&format!("wizard --no-launch --answers mine.toml {ALLOW}")));
    for question in [
        "Cloud",
        "Region",
        "Operating",
        "Image",
        "of the workers",
        "of the master",
        "always there [1]",
        "most workers",
        "a worker runs",
        "ends [600]",
        "Key pair",
        "Private key",
        "Subnet",
        "group of the master",
        "group of the workers",
        "pool [phys]",
        "profile of the master",
        "profile of the workers",
        "password",
        "Docker",
        "starts and ends workers",
        "program",
        "SHA-256",
        "kept [12h]",
        "Is this right?",
    ] {
        hand.answers(question, "");
    }
    hand.ends(0);
    assert_eq!(without_name(lab.written()), by_options, "by hand, from a file");
}

#[test]
fn options_outrank_the_answers_file_and_that_ecm_conf() {
    let Some(lab) = Lab::new() else { return };
    lab.file("ecm.conf", "MAX_VMS=7\nMIN_VMS=many\nIDLE_TIME=100\n");
    lab.file(
        "mine.toml",
        "cloud = \"ec2\"\nmax_workers = 8\nmin_workers = 2\nidle_seconds = 200\nos = \"debian-12\"\n",
    );
    let words = format!(
        "wizard --no-input --offline --answers mine.toml --idle-seconds 300 --image ami-0123456789abcdef0 --key-name ann \
         --worker-type t3.large --binary-source {SOURCE} --binary-sha256 {SHA256} {ALLOW}"
    );
    lab.hoist(&words).exit(0).says("ecm.conf:2: MIN_VMS: \"many\" is not a number").says("another answer outranks it");
    let answers = lab.written().answers;
    for line in ["max_workers = 8", "min_workers = 2", "idle_seconds = 300"] {
        assert!(answers.contains(line), "{line}\n{answers}");
    }
    lab.file("mine.toml", "max_worker = 8\nmin_workers = [2]\n");
    let ran = lab.hoist(&words).exit(64);
    for says in [
        "mine.toml:1: there is no key \"max_worker\"",
        "did you mean max_workers?",
        "mine.toml:2: min_workers is a list",
    ] {
        assert!(ran.stderr.contains(says), "{says}\n{ran}");
    }
}
