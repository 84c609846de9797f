//! ECM's `ecm.conf` as it comes: each wrong line is named with its number.

use crate::hand::Hand;
use crate::lab::{ALLOW, Lab, SHA256, SOURCE};

#[test]
fn each_wrong_line_is_named_with_its_number() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("CentOS 7 x86_64");
    let words = format!(
        "wizard --no-input --os centos-7 --image {image} --binary-source {SOURCE} --binary-sha256 {SHA256} {ALLOW}"
    );
    let guide = "FLAVOR_VMS=\nMAX_VMS=\nMIN_VMS=\nJOBS_PER_VM=\nIDLE_TIME=\nKEY_NAME==\n";
    let good = "FLAVOR_VMS=t3.large\nMAX_VMS=3\nMIN_VMS=1\nJOBS_PER_VM=2\nIDLE_TIME=2400\nKEY_NAME=ann\n";
    for (content, code, says) in [
        (guide.to_owned(), 64, &["ecm.conf:6: KEY_NAME has two equals signs", "--max-workers N"][..]),
        (
            good.replace("KEY_NAME=", "KEY_NAME=="),
            1,
            &["ecm.conf:6: KEY_NAME has two equals", "KEY_NAME=ann", "1 problem;"],
        ),
        (good.replace("MIN_VMS=1", "MIN_VMS=5"), 1, &["ecm.conf:2: MAX_VMS: 3 is less", "5 (ecm.conf:3: MIN_VMS)"]),
        (
            good.replace("=3", "=three").replace("=2400", "=40m"),
            1,
            &["ecm.conf:2: MAX_VMS: \"three\" is not a number", "ecm.conf:5: IDLE_TIME: \"40m\" is not", "2 problems"],
        ),
        (good.replace("=ann", "=ann.pem"), 1, &["ecm.conf:6: KEY_NAME:", "without .pem", "write ann"]),
        (good.replace("=ann", "=nobody"), 1, &["ecm.conf:6: KEY_NAME: there is no key pair nobody here"]),
        (good.replace("=t3.large", "=m1.tiny"), 1, &["ecm.conf:1: FLAVOR_VMS: there is no instance type m1.tiny here"]),
        (good.replace("MAX_VMS", "MAX_VM"), 64, &["ecm.conf:2: there is no key \"MAX_VM\"", "did you mean MAX_VMS?"]),
    ] {
        for content in [content.clone(), content.replace('\n', "\r\n")] {
            lab.file("ecm.conf", &content);
            let ran = lab.hoist(&words).exit(code);
            says.iter().for_each(|says| assert!(ran.stderr.contains(says), "{content}should say {says}\n{ran}"));
            assert_eq!(lab.names(), ["ecm.conf"]);
        }
    }
    let quoted =
        "\u{feff}# mine\r\nFLAVOR_VMS = 't3.large'\r\nMAX_VMS=\"3\"\r\n\r\nMIN_VMS=1 # always\r\nKEY_NAME=\"ann\"\r\n";
    lab.file("ecm.conf", quoted);
    lab.hoist(&words).exit(0);
    let answers = lab.written().answers;
    assert!(answers.contains("max_workers = 3\n") && answers.contains("key_name = \"ann\"\n"), "{answers}");
    lab.file("mine.conf", "MAX_VMS=9\n");
    lab.clear();
    lab.hoist(&format!("{words} --ecm-conf mine.conf --worker-type t3.large --key-name ann")).exit(0);
    assert!(lab.written().answers.contains("max_workers = 9\n"));
    lab.hoist(&format!("{words} --ecm-conf none.conf")).exit(1).says("cannot read the answers in none.conf");
}

#[test]
fn what_is_wrong_in_it_is_told_and_asked_for() {
    let Some(lab) = Lab::new() else { return };
    lab.file("ecm.conf", "MAX_VMS=many\nMIN_VMS=1\nIDLE_TIME=2400\nKEY_NAME==ann\n");
    let mut hand = Hand::start(lab.hoist(&format!("wizard --cloud local --os debian-12 --no-launch {ALLOW}")));
    hand.sees("ecm.conf:4: KEY_NAME has two equals signs").sees("ecm.conf:1: MAX_VMS: \"many\" is not a number");
    hand.answers("always there [1]", "").answers("The most workers at once: ", "2").answers("at once", "");
    hand.answers("worker ends [2400]", "").types("\x03");
    hand.ends(130);
    assert_eq!(lab.names(), ["ecm.conf"]);
}
