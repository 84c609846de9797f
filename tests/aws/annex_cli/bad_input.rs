//! Bad input: each refused before anything is made, with the option, the value and what to try.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::annex_cli::lab::Lab;
use hoist_test_support::aws::{Faults, IMAGE};

/// What is wrong by itself, whatever the cloud has: (words, exit code, what is said).
#[test]
fn what_cannot_be_meant_is_refused_with_its_option() {
    let Some(lab) = Lab::bare(Faults::default()) else { return };
    lab.file("empty", "");
    // A token whose pool has a name that none has: {"iss":"a lab","sub":"a@lab"}.
    lab.file("odd", "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIGxhYiIsInN1YiI6ImFAbGFiIn0.c2ln");
    fs::set_permissions(lab.path("odd"), Permissions::from_mode(0o600)).unwrap();
    lab.file("conf/empty/.hidden", "A = 1\n");
    let cases: &[(&str, &[&str])] = &[
        ("annex create 1foo", &["an annex cannot be named \"1foo\"", "begins with a letter"]),
        (&format!("annex create {}", "x".repeat(101)), &["at most 100 characters"]),
        ("annex create foo", &["no pool is named", "--pool image=", "--central-manager is missing"]),
        (&lab.created("foo", "--count 0"), &["--count: an annex has at least one instance, not 0", "nothing was made"]),
        (&lab.created("foo", "--lease tomorrow"), &["--lease: \"tomorrow\" is no length", "50m, 6h"]),
        (&lab.created("foo", "--lease 1m"), &["--lease: the lease leaves 60 s"]),
        (&lab.created("foo", "--expiry 2100-01-01"), &["--expiry: ", "more than 365 d", "annex extend"]),
        (
            &lab.created("foo", "--expiry '2026-11-01 17:00'"),
            &["--expiry: 2026-11-01 17:00:00 WAT (+01:00) is in the past"],
        ),
        (&lab.created("foo", "--expiry '2026-02-30 17:00'"), &["--expiry: \"2026-02-30 17:00\" is no time"]),
        (&lab.created("foo", "--expiry '2030-01-01 17:00 Nowhere/Else'"), &["\"Nowhere/Else\" is no time zone"]),
        (&lab.created("foo", "--idle soon"), &["--idle: \"soon\" is no length"]),
        (&lab.created("foo", "--budget much"), &["--budget: \"much\" is no amount"]),
        (&lab.created("foo", "--max-price 0"), &["--max-price: a price of 0 gets nothing"]),
        (&lab.created("foo", "--tag aws:x=y"), &["--tag: \"aws:x\": keys that begin with aws: are AWS's own"]),
        (&lab.created("foo", "--tag hoist:owner=me"), &["hoist's own"]),
        (&lab.created("foo", "--tag x"), &["--tag: \"x\" is no tag; write KEY=VALUE"]),
        (&lab.created("foo", "--tag a=1 --tag a=2"), &["the key a stands there twice"]),
        (&lab.created("foo", "--owner 'a b'"), &["--owner: \"a b\" must be of letters"]),
        (&lab.created("foo", "--owner a,,b"), &["--owner: an entry of the list is empty"]),
        (&lab.created("foo", "--subnet a,"), &["--subnet: an entry of the list is empty"]),
        (&lab.created("foo", "--vpc ''"), &["--vpc: nothing is named"]),
        (&lab.created("foo", "--security-group web"), &["--security-group: \"web\" is no id of a group", "sg-"]),
        (&lab.created("foo", "--market cheap"), &["\"cheap\" is no market", "spot:80+on-demand:20"]),
        (&lab.created("foo", "--market on-demand+spot"), &["on demand comes second", "spot+on-demand"]),
        (&lab.created("foo", "--security-group sg-1a --security-group sg-1a"), &["sg-1a stands there twice"]),
        (&lab.created("foo", "--pool-name ''").replace("--pool-name lab ", ""), &["--pool-name: nothing is named"]),
        ("annex create foo --pool '' --pool-software none", &["--pool: ", "nothing is named"]),
        (&lab.created("foo", "--budget -5"), &["--budget: \"-5\" is no amount"]),
        (&lab.created("foo", "--max-price -0.1"), &["--max-price: \"-0.1\" is no amount"]),
        (&lab.created("foo", "--count -1"), &["invalid value '-1' for '--count"]),
        (
            &lab.created("foo", "--token-file odd").replace("--password-file password ", ""),
            &["--token-file: the token is of", "in the pool \"a lab\"", "TRUST_DOMAIN"],
        ),
        (&lab.created("foo", "--metadata-hop-limit 65"), &["65 is not in 1..=64"]),
        (
            &lab.created("foo", "").replace("type=t3.small", "type=t3.small,disk=100"),
            &["--pool: ", "the disk \"100\" is no size from 1G to 64T"],
        ),
        (
            &lab.created("foo", "").replace(IMAGE, "gpu"),
            &["pool 1: image=gpu is for types with Nvidia GPUs", "and not for t3.small"],
        ),
        (
            &lab.created("foo", "")
                .replace(IMAGE, "gpu")
                .replace("t3.small", "g5.xlarge")
                .replace("ubuntu-22.04", "debian-12"),
            &["pool 1: AWS makes no image with GPU drivers for debian-12", "--os"],
        ),
        (
            "annex create foo --pool image=ami-1,type=t3.small --pool-software none --docker --apptainer",
            &["--docker, --apptainer would do nothing with --pool-software none"],
        ),
        (
            &lab.created("foo", "--os windows").replace("--os ubuntu-22.04", ""),
            &["--os: \"windows\": hoist makes pools of Linux machines", "debian-13"],
        ),
        (&lab.created("foo", "--config-file nowhere"), &["--config-file: nowhere does not exist"]),
        (&lab.created("foo", "--config-file empty"), &["--config-file: empty is empty"]),
        (&lab.created("foo", "--config-dir conf/empty"), &["--config-dir: conf/empty has no file"]),
        (&lab.created("foo", "--config-dir nowhere"), &["--config-dir: nowhere cannot be read"]),
        (&lab.created("foo", "--user-data conf"), &["--user-data: conf is no file"]),
        (&lab.created("foo", "--pool-software none"), &["would do nothing with --pool-software none"]),
        (
            &lab.created("foo", "").replace("127.0.0.1", "'<127.0.0.1>'"),
            &["--central-manager: \"<127.0.0.1>\" is no name or address"],
        ),
        (
            &lab.created("foo", "").replace("--password-file password", "--password-file nowhere"),
            &["--password-file: nowhere does not exist"],
        ),
        (
            &lab.created("foo", "").replace("--password-file password", "--password-file empty"),
            &["--password-file: empty is empty"],
        ),
        (
            &lab.created("foo", "").replace("type=t3.small", "type=small"),
            &["--pool: ", "\"small\" is no instance type"],
        ),
        (
            "annex create foo --image-ids a,b,c --instance-types t3.small,t3.large --pool-software none",
            &["--image-ids has 3, --instance-types 2 and --spot-prices 0 entries"],
        ),
        (
            &format!("annex create foo --pool image={IMAGE},type=t3.small --pool-software none --wait pool"),
            &["--wait pool: with --pool-software none or pilot there is no pool to wait for"],
        ),
        ("annex create foo --lease 6h --expiry '2026-12-01 17:00'", &["cannot be used with"]),
        ("annex create foo --wait for-ever", &["invalid value 'for-ever'"]),
        ("annex submit nowhere.sub --annex foo", &["cannot read nowhere.sub", "nothing was submitted"]),
        ("annex extend foo", &["no lease is named", "--lease 6h"]),
        ("annex update foo", &["no change is named"]),
        ("annex create foo --lease -1", &["numbers, lengths and amounts are not negative"]),
        ("annex create foo --idle -5m", &["numbers, lengths and amounts are not negative"]),
        ("annex create foo --slots -1", &["numbers, lengths and amounts are not negative"]),
        ("annex update foo --count 0", &["at least one instance", "hoist annex delete foo"]),
        ("annex status foo --every 1m", &["--advertise"]),
        ("annex status foo --classad -o json", &["ClassAds are no JSON"]),
        ("annex status --advertise --every 1h", &["--every: \"1h\" is not between"]),
        ("annex drain foo --count 0", &["0 is not in 1.."]),
        ("annex drain foo --timeout soon --count 1", &["--timeout: \"soon\" is no length"]),
    ];
    for (words, said) in cases {
        lab.hoist(words).exit(64).says_all(said);
    }
    lab.assert_nothing_was_made();
}

#[test]
fn a_name_of_no_annex_is_told_with_the_nearest_by_every_command() {
    let lab = Lab::local();
    lab.file("a.sub", "queue\n");
    lab.hoist("annex submit a.sub --annex nigth").exit(64).says_all(&["there is no annex nigth", "none lives"]);
    lab.assert_nothing_was_made();
    lab.hoist("annex create night --cloud local --pool-software none --yes").exit(0);
    for words in [
        "annex status nigth",
        "annex logs nigth",
        "annex extend nigth --lease 2h --yes",
        "annex update nigth --count 2 --yes",
        "annex ssh nigth -- true",
        "annex drain nigth --count 1 --yes",
        "annex delete nigth --yes",
        "annex submit a.sub --annex nigth",
    ] {
        let ran = lab.hoist(words);
        assert_ne!(ran.code, Some(0), "{words}");
        ran.says_all(&["no annex", "did you mean night?"]);
    }
    lab.hoist("annex delete night --yes").exit(0);
}

#[test]
fn a_token_for_machines_that_take_none_is_refused() {
    let lab = Lab::local();
    // {"iss":"lab","sub":"a@lab"}
    lab.file("token", "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJsYWIiLCJzdWIiOiJhQGxhYiJ9.c2ln");
    fs::set_permissions(lab.path("token"), Permissions::from_mode(0o600)).unwrap();
    lab.hoist("annex create here --cloud local --pool-software none --yes").exit(0);
    lab.hoist("annex extend here --lease 9h --token-file token --yes")
        .exit(64)
        .says_all(&["annex here joins no pool", "the lease is as it was"]);
    lab.hoist("annex delete here --yes").exit(0);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let Some(lab) = Lab::aws() else { return };
    let words = "annex create foo --pool image=ami-0123456789abcdef0,type=t3.small --count 0 --lease soon --tag x --pool-software none";
    lab.hoist(words).exit(64).says_all(&["--count: ", "--lease: ", "--tag: ", "3 problems; nothing was made"]);
    let words = "--keypair nobodys --vpc vpc-0123456789abcdef0 --subnet subnet-0123456789abcdef0 --tag x=y";
    let unknown = lab.created("foo", words).replace(IMAGE, "ami-0123456789abcdef0");
    lab.hoist(&unknown).exit(1).says_all(&[
        "nobodys",
        "vpc-0123456789abcdef0",
        "subnet-0123456789abcdef0",
        "ami-0123456789abcdef0",
        "problems; nothing was made",
    ]);
    lab.assert_nothing_was_made();
}

#[test]
fn what_the_cloud_lacks_is_refused_one_by_one() {
    let Some(lab) = Lab::aws() else { return };
    for (words, said) in [
        (lab.created("foo", "--keypair nobodys"), "nobodys"),
        (lab.created("foo", "--vpc vpc-0123456789abcdef0"), "vpc-0123456789abcdef0"),
        (lab.created("foo", "--subnet subnet-0123456789abcdef0"), "subnet-0123456789abcdef0"),
        (lab.created("foo", "").replace(IMAGE, "ami-0123456789abcdef0"), "ami-0123456789abcdef0"),
        (lab.created("foo", "").replace("t3.small", "t3.smal"), "t3.smal"),
    ] {
        lab.hoist(&words).exit(1).says_all(&[said, "nothing was made"]);
    }
    lab.assert_nothing_was_made();
}

#[test]
fn more_than_a_quota_allows_is_refused_before_anything_is_made() {
    let Some(lab) = Lab::aws() else { return };
    lab.cloud().set_quota("L-1216C47A", 4.0);
    let on_demand = |count: u32| lab.created("foo", &format!("--market on-demand --wait none --count {count}"));
    lab.hoist(&on_demand(3)).exit(5).says_all(&[
        "pool 1: 3 on-demand instances of t3.small (2 vCPUs each) need 6 vCPUs",
        "L-1216C47A",
        "--count 2 is within the quotas",
        "aws service-quotas request-service-quota-increase",
        "nothing was made",
    ]);
    lab.hoist(&on_demand(3)).exit(5);
    lab.hoist(&format!("{} --keypair nobodys", on_demand(3))).exit(1).says_all(&[
        "nobodys",
        "L-1216C47A",
        "2 problems",
    ]);
    lab.assert_nothing_was_made();
    lab.hoist(&on_demand(2)).exit(0);
    lab.hoist("annex update foo --count 3 --yes").exit(5).says_all(&[
        "1 more on-demand instance of t3.small",
        "4 are in use",
        "nothing was changed",
    ]);
    assert_eq!(lab.cloud().count("UpdateStack"), 0);
    lab.cloud().set_quota("L-1216C47A", 6.0);
    lab.hoist("annex update foo --count 3 --wait none --yes").exit(0);
}

#[test]
fn a_manager_that_nobody_knows_is_refused() {
    let Some(lab) = Lab::aws() else { return };
    let words = lab.created("foo", "").replace("127.0.0.1", "cm.invalid");
    lab.hoist(&words)
        .exit(1)
        .says_all(&["--central-manager: the name cm.invalid does not resolve", "nothing was made"]);
    lab.assert_nothing_was_made();
}

#[test]
fn without_a_set_up_the_command_that_makes_one_is_named() {
    let Some(lab) = Lab::bare(Faults::default()) else { return };
    lab.create("foo", "").exit(1).says_all(&["hoist annex setup", "nothing was made"]);
    lab.assert_nothing_was_made();
}

#[test]
fn a_password_that_others_may_read_is_told_and_used() {
    let Some(lab) = Lab::aws() else { return };
    fs::set_permissions(lab.path("password"), Permissions::from_mode(0o644)).unwrap();
    lab.create("foo", "--dry-run").exit(0).says_all(&["everybody on this machine may read", "chmod 600"]);
    fs::set_permissions(lab.path("password"), Permissions::from_mode(0o600)).unwrap();
    assert!(!lab.create("foo", "--dry-run").exit(0).raw_stderr.contains("may read"));
    lab.assert_nothing_was_made();
}

#[test]
fn an_annex_that_is_not_there_is_named_with_those_that_are() {
    let lab = Lab::local();
    for words in ["status foo", "extend foo --lease 1h", "drain foo", "delete foo --yes", "update foo --count 2"] {
        lab.hoist(&format!("annex {words}")).exit(1).says_all(&["there is no annex named foo"]);
    }
    for words in ["status", "list"] {
        lab.hoist(&format!("annex {words}")).exit(0);
    }
    assert_eq!(lab.hoist("annex status -o json").exit(0).json()["annexes"], serde_json::json!([]));
    assert!(!lab.path("state").exists(), "looking leaves nothing behind");
}
