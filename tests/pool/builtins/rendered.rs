//! Every template rendered for every operating system with every option, read by those who will read it.

use std::collections::BTreeMap;

use hoist::diagnostics::Severity;
use hoist::template::{SYSTEMS, Templates, Values};
use hoist::user_data::{Finding, LintOptions, lint};
use serde_json::{Value, json};

use hoist_test_support::judges::{cloud_init_accepts, lint_shells, python_compiles};

/// What breaks out of places that do not hold it.
const WICKED: &str = "a 'b' \"c\" $(d) `e` \\ # : {{f}} {% g %} |\n  - h\n\t\u{1f600}";

/// The templates of machines, each with what it must be given and with sets of options.
fn cases() -> Vec<(&'static str, Value, Vec<Value>)> {
    let files = json!([
        {"path": "/etc/motd", "content": WICKED},
        {"path": "/root/.token", "content": "x\0y", "mode": "0600", "owner": "root:adm"},
    ]);
    let password = json!({"pool": "example.org", "manager": "10.0.0.1", "pool_password": WICKED});
    let kept = json!({"pool": "p", "manager": "%ipv4%", "pool_password_from": "s3://bucket/pool/it's key"});
    let condor = |more: Value| {
        let mut one = json!({"docker": true, "no_dns": true, "ipv6": true, "network_interface": "10.0.0.7", "htcondor_series": "24.x", "files": files});
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        vec![json!({}), one, kept.clone()]
    };
    vec![
        ("htcondor-central-manager", password.clone(), condor(json!({}))),
        ("htcondor-worker", password, condor(json!({"slots": 4}))),
        (
            "docker-worker",
            json!({"container_image": "ghcr.io/dask/dask:latest"}),
            vec![
                json!({}),
                json!({"command": ["dask", WICKED], "environment": [format!("A={WICKED}"), "B="], "options": ["--network=host"], "name": "w", "files": files}),
            ],
        ),
        (
            "worker-cloud-init",
            json!({"bucket": "b", "region": "eu-west-1", "coalition_package": "srv/coalition.tar.gz", "server": "10.0.0.1"}),
            vec![
                json!({}),
                json!({"storage": "gcs", "packages": ["curl", "zlib1g"], "hostname": "cloud-1", "port": 80, "https": true, "python": "python3.11"}),
                json!({"mount_point": "/mnt/a b", "program_package": WICKED, "environment": [format!("A={WICKED}")], "install_directory": "/opt/it's", "files": files}),
            ],
        ),
    ]
}

pub(crate) fn values(parts: &[&Value]) -> Values {
    parts.iter().flat_map(|part| part.as_object().unwrap().clone()).collect()
}

pub(crate) fn render(template: &str, values: &Values) -> String {
    Templates::built_in().get(template).unwrap().render(values).unwrap_or_else(|error| panic!("{error}\n{values:?}"))
}

/// All of them, by a name that says what was rendered.
pub(crate) fn all() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (template, needed, options) in cases() {
        for os in SYSTEMS {
            for (index, more) in options.iter().enumerate() {
                let values = values(&[&json!({"os": os}), &needed, more]);
                all.insert(format!("{template}-{os}-{index}"), render(template, &values));
            }
        }
    }
    all
}

/// The files that a rendered cloud-config writes, by path.
pub(crate) fn written(rendered: &str) -> BTreeMap<String, String> {
    let config: Value = yaml_serde::from_str(rendered).unwrap_or_else(|error| panic!("{error}\n{rendered}"));
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_else(|| panic!("{entry}")).to_owned();
    config["write_files"].as_array().unwrap().iter().map(|one| (text(one, "path"), text(one, "content"))).collect()
}

#[test]
fn cloud_init_has_nothing_against_any() {
    let one_of_each = ["htcondor-central-manager", "htcondor-worker", "docker-worker", "worker-cloud-init"];
    let names = one_of_each.map(|template| format!("{template}-rocky-9-1"));
    cloud_init_accepts(&all(), &names.each_ref().map(String::as_str));
}

#[test]
fn bash_and_shellcheck_have_nothing_against_their_scripts() {
    let (mut shells, mut pythons) = (BTreeMap::new(), BTreeMap::new());
    for (name, rendered) in all() {
        for (path, content) in written(&rendered) {
            let file = format!("{name}-{}", path.rsplit('/').next().unwrap());
            if content.starts_with("#!/bin/bash") {
                shells.insert(file, content);
            } else if content.starts_with("#!/usr/bin/env python3") {
                pythons.insert(content, file);
            }
        }
    }
    assert_eq!(shells.len(), all().len(), "each has a script");
    assert_eq!(pythons.len(), 1, "the same wherever it is");
    lint_shells(&shells);
    python_compiles(pythons.keys().next().unwrap());
}

#[test]
fn what_it_is_given_arrives_in_the_files_and_arguments() {
    for (name, rendered) in all() {
        let config: Value = yaml_serde::from_str(&rendered).unwrap();
        let files = written(&rendered);
        if name.ends_with("-1") && name.starts_with("htcondor") || name.starts_with("docker") && name.ends_with("-1") {
            assert_eq!(files["/etc/motd"], WICKED, "{name}");
            assert_eq!(files["/root/.token"], "x\0y", "{name}");
        }
        let arguments: Vec<&str> =
            config["runcmd"][0].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        let wanted: &[&str] = match name.as_str() {
            name if name.starts_with("htcondor") && name.ends_with("-2") => &["s3://bucket/pool/it's key"],
            name if name.starts_with("docker") && name.ends_with("-1") => &["--network=host", "dask", WICKED],
            name if name.starts_with("worker") && name.ends_with("-2") => &["/mnt/a b", WICKED, "/opt/it's"],
            _ => &[],
        };
        for one in wanted {
            assert!(arguments.contains(one), "{name}: {arguments:?}");
        }
    }
}

#[test]
fn our_own_lint_finds_the_password_and_nothing_else() {
    const NAME: &str = "htcondor-password:/var/lib/hoist/pool_password";
    let options = LintOptions { without_shells: true, ..LintOptions::default() };
    for (name, rendered) in all() {
        let found = lint(rendered.as_bytes(), &options).findings;
        let strange =
            |found: &&Finding| found.diagnostic.severity > Severity::Note && found.secret.as_deref() != Some(NAME);
        // coalition's server speaks plain http only, in a private network.
        assert_eq!(found.iter().find(strange), None, "{name}");
    }
    for template in ["htcondor-central-manager", "htcondor-worker"] {
        let password = "9f8d2c61b07e4a35d1c0";
        let given = json!({"os": "debian-13", "pool": "p", "manager": "m", "pool_password": password});
        let rendered = render(template, &values(&[&given]));
        let found = lint(rendered.as_bytes(), &options).findings;
        let found: Vec<_> = found.iter().filter_map(|finding| finding.secret.as_deref()).collect();
        assert_eq!(found, [NAME], "{rendered}");
        assert!(rendered.contains(NAME));
    }
}

#[test]
fn nothing_is_fetched_in_the_clear_and_no_sed_is_needed() {
    for (name, rendered) in all() {
        for (number, line) in rendered.lines().enumerate() {
            let plain = line.split("http://").skip(1).any(|rest| !rest.starts_with("169.254.169.254"));
            let server = line.trim_start().starts_with("- \"http://10.0.0.1:");
            assert!(!plain || server, "{name}, line {}: {line}", number + 1);
            let words = line.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(!words.into_iter().any(|word| word == "sed"), "{name}, line {}: {line}", number + 1);
        }
        // The address of the machine's own metadata is no download.
        assert_eq!(
            rendered.contains("169.254.169.254"),
            name.starts_with("htcondor") && name.ends_with("-2"),
            "{name}"
        );
    }
}

#[test]
fn the_pools_password_is_in_user_data_only_where_it_must_be_and_said_so() {
    let templates = Templates::built_in();
    for (template, needed, _) in cases().into_iter().filter(|(name, ..)| name.starts_with("htcondor")) {
        let mut given = values(&[&json!({"os": "debian-13"}), &needed]);
        let rendered = render(template, &given);
        assert!(rendered.contains("# SECRET: this is the pool's password"));
        given.insert("pool_password_from".to_owned(), json!("ssm:/pool"));
        let kept = render(template, &given);
        assert!(!kept.contains("SECRET") && !kept.contains(&json!(WICKED).to_string()), "{kept}");
        given.remove("pool_password_from");
        given.remove("pool_password");
        let error = templates.get(template).unwrap().render(&given).unwrap_err().to_string();
        assert!(error.contains("unknown name \"pool_password\""), "there is no password of ours: {error}");
    }
}

#[test]
fn flags_are_what_the_command_line_says() {
    let given = json!({"os": "debian-13", "pool": "p", "manager": "m", "pool_password_from": "ssm:/p"});
    let has_docker = |flag: Value| {
        render("htcondor-worker", &values(&[&given, &json!({"docker": flag})])).contains("install_docker")
    };
    assert_eq!(
        [json!(true), json!("true"), json!(false), json!("false"), Value::Null].map(has_docker),
        [true, true, false, false, false]
    );
}

#[test]
fn what_cannot_stand_in_its_place_is_refused() {
    let templates = Templates::built_in();
    let refused = |template: &str, name: &str, value: Value, why: &str| {
        let (_, needed, _) = cases().into_iter().find(|(one, ..)| *one == template).unwrap();
        let given = values(&[&json!({"os": "debian-12"}), &needed, &json!({name: value})]);
        let error = templates.get(template).unwrap().render(&given).unwrap_err().to_string();
        assert!(error.contains(why), "{template} {name}: {error}");
    };
    for template in ["htcondor-central-manager", "htcondor-worker", "docker-worker", "worker-cloud-init"] {
        refused(template, "os", json!("debian-11"), "\"os\" must be one of debian-12, debian-13, ubuntu-22.04");
    }
    for (name, value) in
        [("pool", "a b"), ("pool", "*"), ("manager", "a\nALLOW_WRITE = *"), ("network_interface", "$(X)")]
    {
        refused("htcondor-worker", name, json!(value), "must be of letters, digits and");
    }
    refused("htcondor-worker", "docker", json!("yes"), "\"docker\" must be true or false");
    refused("htcondor-worker", "slots", json!("4\nX = 1"), "must be of letters");
    refused("docker-worker", "container_image", json!("a b"), "must be of letters");
    refused("docker-worker", "command", json!(["a", "b\0"]), "NUL");
    refused("worker-cloud-init", "mount_point", json!("/a\0"), "NUL");
    refused("worker-cloud-init", "storage", json!("nfs"), "must be one of s3, gcs");
    refused("worker-cloud-init", "packages", json!(["a;b"]), "must be of letters");
}

#[test]
fn each_says_what_it_is_given() {
    for (template, needed, options) in cases() {
        let file = format!("{}/templates/{template}.hbs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&file).unwrap();
        let (header, _) = text.split_once("--~}}").unwrap();
        let all = values(&options.iter().chain([&needed]).collect::<Vec<_>>());
        for name in all.keys().map(String::as_str).chain(["os"]) {
            // The manager's template shares its cases with the worker's.
            let told = header.lines().any(|line| line.trim_start().split("  ").next() == Some(name));
            assert!(told, "{template} does not tell of {name}");
        }
        for os in SYSTEMS {
            assert!(header.contains(os), "{template} does not tell of {os}");
        }
    }
}
