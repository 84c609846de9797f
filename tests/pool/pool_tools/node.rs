//! The user data of an annex's machines, judged by those who will read it.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use hoist::diagnostics::Severity;
use hoist::template::{Templates, Values};
use hoist::user_data::{LintOptions, lint};
use serde_json::{Value, json};

use hoist_test_support::judges::{cloud_init_accepts, lint_shells, python_compiles, said, there_is};

/// One for each way of installing.
const SYSTEMS: [&str; 7] = ["debian-13", "ubuntu-22.04", "rocky-9", "rhel-10", "amazon-2023", "centos-7", "ucernvm"];

/// The one whose HTCondor may know no tokens.
const WITHOUT_TOKENS: &str = "ucernvm";

fn values(more: &Value) -> Values {
    let needed = json!({
        "os": "debian-13", "annex": "night-run", "annex_tag": "night-run/0123456789ab", "pool": "example.org", "manager": "10.0.0.1",
        "pool_password_from": "s3://bucket/annexes/night-run/password"
    });
    [&needed, more].into_iter().flat_map(|part| part.as_object().unwrap().clone()).collect()
}

fn render(more: &Value) -> String {
    Templates::built_in().get("annex-worker").unwrap().render(&values(more)).unwrap_or_else(|error| panic!("{error}"))
}

/// All that there is to say.
fn full() -> Value {
    json!({
        "config_from": ["s3://bucket/annexes/night-run/it's one", "s3://bucket/annexes/night-run/two"], "owners": ["alice", "bob@lab"],
        "idle_seconds": 900, "public_address": true, "slots": 4, "docker": true, "spot": true, "gpus": true,
        "apptainer": true, "runs_out": true, "no_dns": true, "ipv6": true,
        "network_interface": "10.0.0.7", "htcondor_series": "24.x", "files": [{"path": "/etc/motd", "content": "a: \"b\"\n"}]
    })
}

/// A token instead of the password, and an owner.
fn token() -> Value {
    json!({
        "pool_password_from": null, "token_from": "s3://bucket/annexes/night-run/token",
        "owner_key_from": "s3://bucket/annexes/night-run/owner-key", "owner_key": "hoist-0123456789ab",
        "owner_identity": "owner@hoist-0123456789ab", "ccb": true
    })
}

fn all() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for os in SYSTEMS {
        // What is without tokens takes none.
        let kinds = [("least", json!({})), ("full", full()), ("token", token())];
        for (name, mut more) in kinds.into_iter().filter(|(name, _)| os != WITHOUT_TOKENS || *name != "token") {
            more["os"] = json!(os);
            all.insert(format!("{os}-{name}"), render(&more));
        }
    }
    all
}

fn written(rendered: &str) -> BTreeMap<String, String> {
    let config: Value = yaml_serde::from_str(rendered).unwrap_or_else(|error| panic!("{error}\n{rendered}"));
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
    config["write_files"].as_array().unwrap().iter().map(|one| (text(one, "path"), text(one, "content"))).collect()
}

#[test]
fn cloud_init_shells_and_python_have_nothing_against_it() {
    cloud_init_accepts(&all(), &["rocky-9-full"]);
    let mut shells = BTreeMap::new();
    for (name, rendered) in all() {
        for (path, content) in written(&rendered) {
            let file = path.rsplit('/').next().unwrap();
            if content.starts_with("#!/bin/bash") {
                shells.insert(format!("{name}-{file}"), content);
            } else if file == "secret.py" {
                python_compiles(&content);
            }
        }
    }
    // How a machine ends, closes its metadata, says what is wrong and joins; takes or makes its tokens, where it has some;
    // and what it does when its spot capacity is taken back.
    assert_eq!(shells.len(), 4 * all().len() + 3 * (SYSTEMS.len() - 1) + SYSTEMS.len());
    lint_shells(&shells);
}

#[test]
fn no_secret_is_in_it_and_our_own_lint_has_nothing_against_it() {
    let options = LintOptions { without_shells: true, ..LintOptions::default() };
    for (name, rendered) in all() {
        let found = lint(rendered.as_bytes(), &options).findings;
        assert!(found.iter().all(|finding| finding.diagnostic.severity <= Severity::Note), "{name}: {found:?}");
        assert!(!rendered.contains("SECRET"), "{name}");
    }
    let mut without = values(&json!({}));
    without.remove("pool_password_from");
    without.insert("pool_password".to_owned(), json!("secret"));
    let error = Templates::built_in().get("annex-worker").unwrap().render(&without).unwrap_err().to_string();
    assert!(error.contains("pool_password_from"), "{error}");
}

#[test]
fn what_it_is_given_arrives_and_nothing_breaks_out() {
    let rendered = render(&full());
    let config: Value = yaml_serde::from_str(&rendered).unwrap();
    let arguments: Vec<&str> =
        config["runcmd"][0].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(arguments[2..4], ["worker", "example.org"]);
    assert_eq!(arguments[5..], ["s3://bucket/annexes/night-run/it's one", "s3://bucket/annexes/night-run/two"]);
    let annex = &written(&rendered)["/var/lib/hoist/annex.config"];
    for line in [
        "AnnexName = \"night-run\"",
        "HoistAnnex = \"night-run/0123456789ab\"",
        "START = ($(START)) && stringListMember(TARGET.Owner, \"alice,bob@lab\")",
        "STARTD_NOCLAIM_SHUTDOWN = 900",
    ] {
        assert!(annex.lines().any(|found| found == line), "{line} in {annex}");
    }
    assert!(!annex.contains("MaxRuntime"), "a lease that runs out keeps no job from beginning: {annex}");
    let least = written(&render(&json!({})));
    let annex = &least["/var/lib/hoist/annex.config"];
    assert!(!annex.contains("TARGET.Owner") && annex.contains("TARGET.MaxRuntime"), "everybody's, in time: {annex}");
    let has_gpus =
        |files: &BTreeMap<String, String>| files["/etc/condor/config.d/53-annex.config"].contains("use feature : GPUs");
    assert_eq!([has_gpus(&written(&rendered)), has_gpus(&least)], [true, false]);
    let with_token = written(&render(&token()));
    let annex = &with_token["/var/lib/hoist/annex.config"];
    for line in [
        "ALLOW_ADMINISTRATOR = $(ALLOW_ADMINISTRATOR) owner@hoist-0123456789ab",
        "SEC_ADMINISTRATOR_AUTHENTICATION_METHODS = IDTOKENS, FS",
        "CCB_ADDRESS = $(COLLECTOR_HOST)",
    ] {
        assert!(annex.lines().any(|found| found == line), "{line} in {annex}");
    }
    assert!(with_token["/var/lib/hoist/annex-token.sh"].contains("fetch s3://bucket/annexes/night-run/token)"));
    let made = &least["/var/lib/hoist/annex-token.sh"];
    assert!(made.contains("take s3://bucket/annexes/night-run/password >") && made.contains("-lifetime"), "{made}");
    let script = &with_token["/var/lib/hoist/htcondor.sh"];
    assert!(script.contains("fetch s3://bucket/annexes/night-run/owner-key >") && !script.contains("passwords.d/POOL"));
    for (name, value) in [
        ("token_from", json!("s3://a/b\nrm")),
        ("owner_identity", json!("a\nSTART = True")),
        ("annex", json!("a\"\nSTART = True")),
        ("annex_tag", json!("a b")),
        ("owners", json!(["alice,bob"])),
        ("owners", json!(["a\")"])),
        ("idle_seconds", json!("9\nX = 1")),
    ] {
        let given = values(&json!({name: value}));
        let error = Templates::built_in().get("annex-worker").unwrap().render(&given).unwrap_err().to_string();
        assert!(error.contains("must be of letters"), "{name}: {error}");
    }
}

/// In a network of its own, where somebody answers as the metadata service does: asks as root and as nobody.
const ASK: &str = r#"
ip link set lo up
ip address add 169.254.169.254/32 dev lo
python3 -m http.server --bind 169.254.169.254 80 > /dev/null 2>&1 &
server=$!
trap 'kill $server' EXIT
ask='import sys, urllib.request; urllib.request.urlopen("http://169.254.169.254/", timeout=float(sys.argv[1])).read()'
until python3 -c "$ask" 1 2> /dev/null; do :; done
setpriv --reuid=65534 --regid=65534 --clear-groups python3 -c "$ask" 5 || exit 11
bash close-metadata.sh && bash close-metadata.sh || exit 12
python3 -c "$ask" 5 || exit 13
if setpriv --reuid=65534 --regid=65534 --clear-groups python3 -c "$ask" 1 2> /dev/null; then exit 14; fi
"#;

#[test]
fn only_root_gets_the_keys_of_the_machines_role() {
    if !nix::unistd::getuid().is_root() {
        return hoist_test_support::skip::skip("a network of one's own takes root");
    }
    if !["nft", "ip", "setpriv"]
        .iter()
        .zip(["nftables", "iproute2", "util-linux"])
        .all(|(one, package)| is_here(one, package))
    {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let script = written(&render(&json!({}))).remove("/var/lib/hoist/close-metadata.sh").unwrap();
    std::fs::write(directory.path().join("close-metadata.sh"), script).unwrap();
    let asked = Command::new("timeout")
        .args(["60", "unshare", "--net", "bash", "-c", ASK])
        .current_dir(directory.path())
        // Python where nobody else may read it is of no use to nobody.
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}: {}", asked.status, said(&asked));
}

fn is_here(program: &str, package: &str) -> bool {
    if program != "ip" {
        return there_is(program, package);
    }
    let found = Command::new("ip").arg("-V").output().is_ok();
    if !found {
        hoist_test_support::skip::skip("there is no ip (package iproute2)");
    }
    found
}
