use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::*;
use crate::diagnostics::Place;
use crate::wizard::answers::{Binary, CloudKind, PasswordSource, Scaler};
use crate::wizard::own_program::{OwnProgram, Symbols};

pub(in crate::wizard) fn here() -> DraftEnvironment {
    DraftEnvironment {
        directory: PathBuf::from("/pools"),
        home: Some(PathBuf::from("/home/ann")),
        ec2_url: None,
        endpoint: None,
        region: None,
        has_ec2: true,
        program: None,
        now: "2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap(),
    }
}

/// Answers for EC2 to every question without default.
pub(in crate::wizard) const NEEDED: [(Question, &str); 8] = [
    (Question::Region, "us-east-1"),
    (Question::Os, "debian-12"),
    (Question::Image, "ami-0123456789abcdef0"),
    (Question::WorkerType, "t3.large"),
    (Question::MaxWorkers, "3"),
    (Question::KeyName, "ann"),
    (Question::BinarySource, "https://example.org/hoist"),
    (Question::BinarySha256, "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"),
];

pub(in crate::wizard) fn draft() -> Draft {
    let mut draft = Draft::new(here());
    NEEDED.iter().for_each(|(question, text)| draft.put(*question, *text, Origin::Option));
    draft
}

fn told(draft: &Draft) -> Vec<String> {
    draft.answers().err().unwrap_or_default().iter().map(AnswerProblem::to_string).collect()
}

#[test]
fn what_is_needed_and_the_defaults_make_answers() {
    let whole = draft().whole().unwrap();
    let answers = whole.answers;
    assert_eq!((answers.cloud, answers.region.as_deref()), (CloudKind::Ec2, Some("us-east-1")));
    assert_eq!((answers.master_type.as_deref(), answers.worker_type.as_deref()), (Some("t3.large"), Some("t3.large")));
    assert_eq!((answers.min_workers, answers.jobs_per_worker, answers.idle_seconds), (0, 1, 3600));
    assert_eq!(answers.master_group.as_deref(), Some("hoist.pool-master"));
    assert_eq!(answers.worker_group.as_deref(), Some("hoist.pool-worker"));
    assert!(whole.makes_master_group && whole.makes_worker_group);
    assert_eq!(answers.password, PasswordSource::File("/pools/hoist.pool.password".into()));
    let Scaler::Hoist(Binary::At { sha256, .. }) = answers.scaler else { panic!("{:?}", answers.scaler) };
    assert_eq!(sha256, "00112233445566778899aabbccddeeff".repeat(2));
    assert!(answers.key_file.is_none() && answers.lease.is_none() && answers.endpoint.is_none() && !answers.docker);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let empty = Draft::new(here());
    let missing: Vec<&str> = empty.problems().iter().map(|problem| problem.question.unwrap().key()).collect();
    let needed = ["region", "os", "image", "worker_type", "max_workers", "key_name"];
    // The master's type defaults to the workers', and is not asked for separately.
    assert_eq!(missing, [&needed[..4], &["master_type"], &needed[4..]].concat());
    assert!(told(&empty)[0].contains("--region REGION"), "{:?}", told(&empty));
}

#[test]
fn a_local_cluster_needs_little() {
    let mut draft = Draft::new(here());
    for (question, text) in [(Question::Cloud, "local"), (Question::Os, "debian-13"), (Question::MaxWorkers, "2")] {
        draft.put(question, text, Origin::Option);
    }
    let answers = draft.answers().unwrap();
    assert!(answers.image.is_none() && answers.key_name.is_none() && answers.master_group.is_none());
    let Scaler::Hoist(binary) = answers.scaler else { panic!("{:?}", answers.scaler) };
    assert_eq!(binary, Binary::Own { bucket: None });
    draft.put(Question::Image, "ami-0123456789abcdef0", Origin::Option);
    assert_eq!(told(&draft), ["--image: it has no meaning here: the local cloud has none (leave it out)"]);
    draft.put(Question::Image, "ami-0123456789abcdef0", Origin::Answers(Place::new("a.toml", Some(4))));
    assert_eq!(told(&draft).len(), 0);
    assert_eq!(draft.warnings(), ["a.toml:4: image: it is not used: the local cloud has none"]);
}

#[test]
fn answers_must_fit_each_other() {
    let mut draft = draft();
    draft.put(Question::MinWorkers, "5", Origin::Ecm(Place::new("ecm.conf", Some(2))));
    draft.put(Question::BinarySource, "s3://bucket/hoist", Origin::Option);
    draft.put(Question::Region, "none", Origin::Option);
    let told = told(&draft);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("--region: EC2 needs a region"), "{told:?}");
    let fewer = "--max-workers: 3 is less than the workers that are always there, 5 (ecm.conf:2: MIN_VMS)";
    assert!(told[1].starts_with(fewer), "{told:?}");
    assert!(told[2].contains("the master has no role to read a bucket with"), "{told:?}");
    assert!(draft.try_text(Question::MaxWorkers, "4").unwrap_err().diagnostic.message.contains("4 is less than"));
    assert!(draft.try_text(Question::MaxWorkers, "5").is_ok());
}

#[test]
fn a_password_is_kept_only_where_machines_have_roles() {
    let mut draft = draft();
    assert!(!draft.applies(Question::PasswordFrom) && draft.applies(Question::PasswordFile));
    draft.put(Question::MasterProfile, "master", Origin::Option);
    assert!(draft.applies(Question::PasswordFrom) && !draft.applies(Question::PasswordFile));
    // Workers without tokens read it, too.
    for (question, text, back) in [(Question::Scaler, "elastiq", "hoist"), (Question::Os, "ucernvm", "debian-12")] {
        draft.put(question, text, Origin::Option);
        assert!(!draft.applies(Question::PasswordFrom));
        draft.put(Question::WorkerProfile, "worker", Origin::Option);
        assert!(draft.applies(Question::PasswordFrom));
        draft.put(question, back, Origin::Option);
        draft.forget(Question::WorkerProfile);
    }
    draft.put(Question::Pool, "physics", Origin::Option);
    let kept = PasswordSource::Kept("ssm:/hoist/physics/password".to_owned());
    assert_eq!(draft.answers().unwrap().password, kept);
    draft.put(Question::PasswordFrom, "none", Origin::Option);
    draft.put(Question::PasswordFile, "~/secret", Origin::Option);
    assert_eq!(draft.answers().unwrap().password, PasswordSource::File(Path::new("/home/ann/secret").into()));
}

#[test]
fn this_program_is_the_default_and_needs_a_way_and_a_system() {
    let mut draft = draft();
    draft.forget(Question::BinarySource);
    draft.forget(Question::BinarySha256);
    let own = |draft: &Draft| match draft.answers().unwrap().scaler {
        Scaler::Hoist(binary) => binary,
        other => panic!("{other:?}"),
    };
    assert_eq!(own(&draft), Binary::Own { bucket: None });
    draft.put(Question::BinaryBucket, "s3://mine/programs/", Origin::Option);
    assert_eq!(own(&draft), Binary::Own { bucket: Some("s3://mine/programs".to_owned()) });
    draft.put(Question::KeyName, "none", Origin::Option);
    assert!(draft.answers().is_ok());
    draft.put(Question::BinaryBucket, "none", Origin::Option);
    assert!(told(&draft)[0].contains("nobody can log in there without a key pair"), "{:?}", told(&draft));
    draft.put(Question::KeyName, "ann", Origin::Option);
    draft.here.program = Some(OwnProgram { architecture: Some("x86_64"), symbols: Symbols::Glibc(2, 34) });
    assert!(draft.answers().is_ok());
    draft.put(Question::Os, "rocky-8", Origin::Option);
    let why = told(&draft).remove(0);
    assert!(why.contains("needs the C library of version 2.34, and Rocky Linux 8 has 2.28"), "{why}");
    assert!(why.contains("--binary-source https://"), "{why}");
    draft.put(Question::BinarySource, "https://example.org/hoist", Origin::Option);
    draft.put(Question::BinarySha256, "0".repeat(64), Origin::Option);
    assert!(draft.answers().is_ok());
    assert!(!draft.applies(Question::BinaryBucket));
}

#[test]
fn wrong_texts_are_told_with_what_to_try() {
    for (question, text, says) in [
        (Question::Cloud, "ec3", "did you mean ec2?"),
        (Question::Os, "debain-12", "did you mean debian-12?"),
        (Question::Os, "debian", "those are debian-13"),
        (Question::Os, "rhel", "did you mean rhel-10?"),
        (Question::Os, "CentOS 6", "since November 2020, and HTCondor has no packages for it (almalinux-9"),
        (Question::Os, "sl7", "Scientific Linux has ended"),
        (Question::Os, "windows", "not of Windows (debian-13"),
        (Question::Image, "Debian 12", "\"Debian 12\" is not the id of an image"),
        (Question::Image, "ami-xyz", "hoist image list"),
        (Question::MaxWorkers, "abc", "\"abc\" is not a number"),
        (Question::MaxWorkers, "0", "too small (write a number from 1 to 10000)"),
        (Question::MaxWorkers, "-1", "too small"),
        (Question::MaxWorkers, "1000000", "too large"),
        (Question::MaxWorkers, "99999999999999999999", "too large"),
        (Question::MaxWorkers, "1.5", "not a number"),
        (Question::JobsPerWorker, "0", "too small"),
        (Question::KeyName, "~/keys/ann.pem", "write ann"),
        (Question::KeyName, "a\u{7}b", "not the name of a key pair"),
        (Question::Subnet, "net", "not the id of a subnet"),
        (Question::Pool, "my pool", "not the name of a pool"),
        (Question::PasswordFrom, "file:/x", "write s3://BUCKET/KEY, or ssm:NAME"),
        (Question::PasswordFrom, "s3://B/k", "names a bucket that there cannot be"),
        (Question::Docker, "maybe", "neither yes nor no"),
        (Question::BinarySource, "http://example.org/hoist", "without encryption"),
        (Question::BinarySource, "https://me:word@example.org/hoist", "has credentials in it"),
        (Question::BinarySource, "https://example.org/hoist?X-Amz-Signature=0", "the address is signed"),
        (Question::BinarySource, "ftp://example.org", "https:// or s3://"),
        (Question::BinarySha256, "abc", "64 hexadecimal digits"),
        (Question::Lease, "soon", "is no lease"),
        (Question::Lease, "2026-01-01 10:00", "in the past"),
        (Question::KeyFile, "/home/ann/", "is a directory"),
        (Question::MasterProfile, "a b", "not the name of an instance profile"),
        (Question::Os, "", "an answer is needed"),
    ] {
        let wrong = draft().try_text(question, text).unwrap_err().to_string();
        assert!(wrong.contains(says), "{text:?}: {wrong}");
        assert!(!wrong.contains("me:word"), "{wrong}");
    }
}

#[test]
fn a_system_has_one_answer_whatever_it_is_called() {
    let mut draft = draft();
    let before = draft.whole().unwrap();
    for text in ["debian 12", "Debian12", "bookworm"] {
        draft.put(Question::Os, text, Origin::Option);
        assert_eq!(draft.whole().unwrap(), before, "{text}");
    }
}

#[test]
fn the_environment_chooses_the_cloud() {
    let rc = DraftEnvironment { ec2_url: Some("https://cloud:8788/".to_owned()), ..here() };
    let draft = Draft::new(rc.clone());
    assert_eq!(draft.cloud(), Some(CloudKind::Compatible));
    assert_eq!(draft.text(Question::Endpoint).as_deref(), Some("https://cloud:8788/"));
    let mut ec2 = Draft::new(rc);
    ec2.put(Question::Cloud, "ec2", Origin::Option);
    assert!(ec2.problems()[0].diagnostic.message.contains("EC2_URL is set"), "{:?}", ec2.problems());
    assert_eq!(Draft::new(DraftEnvironment { has_ec2: false, ..here() }).cloud(), Some(CloudKind::Local));
}
