//! The master runs the very program by which it was asked for.

use std::fs;
use std::io::Read as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_test_support::place;
use sha2::{Digest as _, Sha256};

use crate::lab::{ALLOW, Lab};

fn options(image: &str) -> String {
    format!("--os debian-12 --image {image} --worker-type t3.large --master-type t3.large --max-workers 2 {ALLOW}")
}

fn digest() -> String {
    Sha256::digest(fs::read(place::hoist()).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// User data as cloud-init sees it: out of its message, unpacked, where it was packed to fit.
fn unpacked(user_data: &str) -> String {
    let Some((_, part)) = user_data.split_once("Content-Transfer-Encoding: base64\n\n") else {
        return user_data.to_owned();
    };
    let digits = part.split_once("\n--").unwrap().0.replace('\n', "");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&STANDARD.decode(digits).unwrap()[..]).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_plan_copies_it_to_the_master_by_ssh() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let ran = lab.hoist(&format!("wizard --no-input --no-launch --key-name ann {}", options(&image))).exit(0);
    let name = lab.written().name;
    assert!(lab.written().answers.contains("binary_source = \"self\""), "{}", lab.written().answers);
    // The plan is a plan with a boot program, and that is this program.
    let shown = lab.hoist(&format!("plan show {name}.toml -o json")).exit(0).json();
    let boot = &shown["levels"][0]["services"][0]["boot"];
    assert!(boot["program"].as_str().unwrap().ends_with(&format!("/{name}-program.tar.gz")), "{boot}");
    assert_eq!(boot["args"][0], "admin");
    lab.hoist(&format!("plan validate {name}.toml {}", ALLOW.replace("--allow-secret", "--allow"))).exit(0);
    let unpacked = tempfile::tempdir().unwrap();
    let bundle = lab.work().join(format!("{name}-program.tar.gz"));
    let tar = Command::new("tar").arg("-C").arg(unpacked.path()).arg("-xzf").arg(bundle).status();
    assert!(tar.unwrap().success());
    let folder = unpacked.path().join(format!("{name}-program"));
    assert!(fs::read(folder.join("hoist")).unwrap() == fs::read(place::hoist()).unwrap());
    assert!(fs::read_to_string(folder.join("run.sh")).unwrap().contains(&digest()));
    // Whoever launches the machine by hand does the same by hand.
    ran.says("this program, which the plan brings to the master")
        .says(&format!("tar -xz && sh {name}-program/run.sh admin' < {name}-program.tar.gz"));
}

#[test]
fn the_master_fetches_it_from_a_bucket_by_its_role_and_never_over_plain_http() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let bucket = lab.cloud.bucket();
    let words = format!("wizard --no-input --no-launch --key-name none --binary-bucket s3://{}/of/mine", bucket.name);
    let place = format!("{}/of/mine/hoist/{}", bucket.name, digest());
    lab.hoist(&format!("{words} {} --master-profile boss --password-from none", options(&image))).exit(0);
    let master = unpacked(&lab.written().master);
    assert!(master.contains(&format!("s3://{place}")), "by its role: {master}");
    assert_eq!(bucket.keys(), [format!("of/mine/hoist/{}", digest())]);
    lab.clear();
    // A signed address of this cloud is one of plain HTTP, from which no program is fetched.
    let refused = lab.hoist(&format!("{words} {}", options(&image))).exit(1);
    refused.says("the master fetches it from https://").says("nothing was written");
    lab.hoist(&format!("{words} {} --offline", options(&image))).exit(1).says("to be put into a bucket");
}

#[test]
fn a_system_on_which_it_would_not_run_is_told_before_anything_is_made() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("CentOS 7 of mine");
    let words = options(&image).replace("debian-12", "centos-7");
    let ran = lab.hoist(&format!("wizard --no-input --key-name ann {words}")).exit(1);
    ran.says("this program needs the C library of version").says("--binary-source https://");
    assert_eq!((lab.names(), lab.changes()), (Vec::new(), 0));
    let without = lab.hoist(&format!("wizard --no-input --key-name none {}", options(&image))).exit(1);
    without.says("nobody can log in there without a key pair").says("--binary-bucket s3://BUCKET");
}
