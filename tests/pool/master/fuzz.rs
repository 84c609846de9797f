//! Every wicked value of every answer arrives byte for byte in the files that it is meant for, or is refused by name.

use std::path::PathBuf;

use hoist::template::Templates;
use hoist::wizard::{Answers, Binary, Os, PasswordSource, SYSTEMS, Scaler, render};
use secrecy::SecretString;

use crate::master::answers::{DIGEST, FILE, compatible, ec2, try_cluster};
use crate::master::files::{commands, config, elastiq, written};

/// Values that mean something somewhere.
pub(crate) const VALUES: &[&str] = &[
    "'",
    "\"",
    "'''",
    "\"\"\"",
    "it's \"quoted\" `twice`",
    "two\nlines",
    "after\n\n",
    "\r\n[cloud]\r\n",
    " spaces ",
    "# no comment",
    "a ;b",
    "a: b",
    "- a",
    "key = 1",
    "{{x}} {{{x}}} {% x %} {# x #}",
    "$(touch /var/pwned)",
    "`touch /var/pwned`",
    "' ; touch /var/pwned ; '",
    "$HOME ${HOME} $$ $1 $@",
    "${global.x}",
    "env.HOME",
    "\\ \\\\ \\n \\' \\\"",
    "\\u0041",
    "\ttab\t",
    "%s %(x)s %d %%",
    "-n",
    "null",
    "1e3",
    "\0",
    "é 日本 \u{1f600} \u{10ffff}",
    "\u{85}\u{a0}\u{2028}\u{feff}",
    "\u{1}\u{7}\u{8}\u{1b}[2J\u{7f}",
];

/// A question: what it is called, how it is answered, where the answer arrives in the scaler's configuration and in the
/// plan.
struct Question {
    name: &'static str,
    answer: fn(&mut Answers, String),
    /// Section and key of the scaler's TOML; a key of a list names its first entry.
    scaler: Option<(&'static str, &'static str)>,
    /// The same of the plan's service, or of its cloud.
    plan: Option<&'static str>,
}

const fn question(
    name: &'static str,
    answer: fn(&mut Answers, String),
    scaler: Option<(&'static str, &'static str)>,
    plan: Option<&'static str>,
) -> Question {
    Question { name, answer, scaler, plan }
}

const QUESTIONS: [Question; 13] = [
    question("region", |all, text| all.region = Some(text), Some(("cloud", "region")), Some("region")),
    question("endpoint", |all, text| all.endpoint = Some(text), Some(("cloud", "endpoint")), Some("endpoint")),
    question("image", |all, text| all.image = Some(text), Some(("machine", "image")), Some("image")),
    question("worker type", |all, text| all.worker_type = Some(text), Some(("machine", "instance_type")), None),
    question("master type", |all, text| all.master_type = Some(text), None, Some("instance_type")),
    question("key name", |all, text| all.key_name = Some(text), Some(("machine", "key_name")), Some("key_name")),
    question("key file", |all, text| all.key_file = Some(PathBuf::from(text)), None, Some("key")),
    question("subnet", |all, text| all.subnet = Some(text), Some(("machine", "subnet")), Some("subnet")),
    question("master's security group", |all, text| all.master_group = Some(text), None, Some("security_groups")),
    question(
        "workers' security group",
        |all, text| all.worker_group = Some(text),
        Some(("machine", "security_groups")),
        None,
    ),
    question("master's instance profile", |all, text| all.master_profile = Some(text), None, Some("instance_profile")),
    question(
        "workers' instance profile",
        |all, text| all.worker_profile = Some(text),
        Some(("machine", "instance_profile")),
        None,
    ),
    question("lease", |all, text| all.lease = Some(text), None, Some("lease")),
];

fn text(value: &toml::Value) -> String {
    let value = value.as_array().map_or(value, |values| &values[0]);
    value.as_str().unwrap().to_owned()
}

#[test]
fn hoists_scaler_and_the_plan_get_what_was_answered() {
    let mut refused = 0;
    for (question, value) in QUESTIONS.iter().flat_map(|question| VALUES.iter().map(move |value| (question, *value))) {
        let mut answers = ec2(SYSTEMS[0]);
        (question.answer)(&mut answers, value.to_owned());
        let made = match try_cluster(&answers) {
            Ok(made) => made,
            Err(error) => {
                // A plan has values that mean something else there.
                let expected = format!("{}: ", question.name);
                assert!(question.plan.is_some(), "{} {value:?}: {error}", question.name);
                assert!(error.to_string().starts_with(&expected), "{} {value:?}: {error}", question.name);
                refused += 1;
                continue;
            }
        };
        let files = written(&config(&made.master));
        let scaler: toml::Table = files["/etc/hoist/elastic.toml"].parse().unwrap();
        if let Some((section, key)) = question.scaler {
            assert_eq!(text(&scaler[section][key]), value, "{}", question.name);
        }
        let plan: toml::Table = made.plan.parse().unwrap_or_else(|error| panic!("{error}\n{}", made.plan));
        let service = &plan["levels"][0]["services"]["master"];
        match question.plan {
            Some(key @ ("region" | "endpoint")) => assert_eq!(text(&plan["clouds"]["cluster"][key]), value),
            Some("key") => assert_eq!(text(&service["ssh"]["key"]), value),
            Some(key) => assert_eq!(text(&service[key]), value, "{}", question.name),
            None => {}
        }
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn elastiq_gets_what_was_answered() {
    let keys = [("endpoint", "api_url"), ("image", "image_id"), ("worker type", "flavour"), ("key name", "key_name")];
    let mut arrived = 0;
    for (name, key) in keys {
        let question = QUESTIONS.iter().find(|question| question.name == name).unwrap();
        for value in VALUES {
            let mut answers = Answers { scaler: Scaler::Elastiq, ..compatible(SYSTEMS[0]) };
            (question.answer)(&mut answers, (*value).to_owned());
            match try_cluster(&answers) {
                Ok(made) => {
                    let (_, read) = elastiq(&written(&config(&made.master))["/etc/elastiq.conf"]);
                    assert_eq!(read["ec2"][key], *value);
                    arrived += 1;
                }
                Err(error) => assert!(error.to_string().starts_with(&format!("{name}: ")), "{value:?}: {error}"),
            }
        }
    }
    assert!(arrived > 4 * 10, "{arrived}");
}

#[test]
fn the_password_and_its_place_arrive_on_the_master_alone() {
    let templates = Templates::built_in();
    for value in VALUES {
        let answers = Answers { password: PasswordSource::File(PathBuf::from("p")), ..ec2(SYSTEMS[0]) };
        let made = render(&answers, &templates, Some(&SecretString::from(*value)), FILE).unwrap();
        assert_eq!(written(&config(&made.master))["/var/lib/hoist/pool_password"], *value);
        assert!(!written(&config(&made.worker)).contains_key("/var/lib/hoist/pool_password"));
        let place = format!("s3://bucket/{value}");
        let answers = Answers { password: PasswordSource::Kept(place.clone()), ..ec2(SYSTEMS[0]) };
        match try_cluster(&answers) {
            Ok(made) => {
                assert_eq!(commands(&config(&made.master))[0].last(), Some(&place));
                assert!(!commands(&config(&made.worker))[0].contains(&place));
            }
            Err(error) => {
                assert!(value.contains(char::is_control), "{value:?}: {error}");
                assert!(error.to_string().starts_with("password: "), "{value:?}: {error}");
            }
        }
    }
}

#[test]
fn the_programs_source_arrives_and_the_pools_name_is_a_name() {
    for value in VALUES {
        for start in ["https://", "s3://bucket/", ""] {
            let source = format!("{start}{value}");
            let scaler = Scaler::Hoist(Binary::At { source: source.clone(), sha256: DIGEST.to_owned() });
            match try_cluster(&Answers { scaler, ..ec2(SYSTEMS[0]) }) {
                Ok(made) => assert_eq!(commands(&config(&made.master))[1][3], source),
                Err(error) => assert!(error.to_string().starts_with("hoist's program: "), "{source:?}: {error}"),
            }
        }
        let scaler = Scaler::Hoist(Binary::At { source: "https://x/y".to_owned(), sha256: (*value).to_owned() });
        let error = try_cluster(&Answers { scaler, ..ec2(SYSTEMS[0]) }).unwrap_err().to_string();
        assert!(error.starts_with("hoist's program: its SHA-256"), "{error}");
        let error = try_cluster(&Answers { pool: (*value).to_owned(), ..ec2(SYSTEMS[0]) });
        if let Err(error) = error {
            assert!(error.to_string().starts_with("pool: "), "{value:?}: {error}");
        } else {
            assert!(["null", "1e3"].contains(value), "{value:?}");
        }
    }
}

#[test]
fn answers_that_cannot_be_together_are_refused_by_name() {
    let base = || ec2(SYSTEMS[0]);
    let file = || PasswordSource::File(PathBuf::from("p"));
    let binary = |source: &str| Scaler::Hoist(Binary::At { source: source.to_owned(), sha256: DIGEST.to_owned() });
    for (answers, why) in [
        (Answers { image: None, ..base() }, "image: it is missing"),
        (Answers { worker_type: None, ..base() }, "worker type: it is missing"),
        (Answers { master_type: Some(String::new()), ..base() }, "master type: it is missing"),
        (Answers { max_workers: 0, ..base() }, "workers: "),
        (Answers { min_workers: 13, ..base() }, "workers: 13 to 12"),
        (Answers { jobs_per_worker: 0, ..base() }, "workers: "),
        (Answers { worker_profile: None, ..ec2(Os::named("ucernvm").unwrap()) }, "password: the workers can read it"),
        (
            Answers { scaler: Scaler::Hoist(Binary::Own { bucket: None }), key_name: None, ..base() },
            "hoist's program: it is copied to the master by SSH",
        ),
        (Answers { master_profile: None, ..base() }, "password: the master can read it"),
        (Answers { password: PasswordSource::Kept("s3://bucket".to_owned()), ..base() }, "password: it is kept in"),
        (Answers { scaler: Scaler::Elastiq, ..base() }, "password: elastiq launches workers without"),
        (Answers { master_profile: None, password: file(), ..base() }, "hoist's program: the master can fetch it"),
        (Answers { scaler: binary("http://x/y"), ..base() }, "hoist's program: the master fetches it from https"),
        (Answers { scaler: binary("s3://x"), ..base() }, "hoist's program: the master fetches it from https"),
        (
            Answers { scaler: Scaler::Elastiq, password: file(), image: Some("resolve:ssm:/x".to_owned()), ..base() },
            "image: elastiq looks images up by their ids",
        ),
        (
            Answers { scaler: Scaler::Elastiq, password: file(), region: None, ..base() },
            "endpoint: elastiq needs the address",
        ),
    ] {
        let error = try_cluster(&answers).unwrap_err().to_string();
        assert!(error.starts_with(why), "{error} instead of {why}");
    }
    let answers = Answers { password: file(), ..base() };
    let error = render(&answers, &Templates::built_in(), None, FILE).unwrap_err().to_string();
    assert_eq!(error, "password: it was not read from p");
}

#[test]
fn what_is_too_large_is_told_by_part() {
    let directory = tempfile::tempdir().unwrap();
    let random: String =
        (0..40_000_u64).map(|n| char::from(b'!' + (n.wrapping_mul(n ^ 0x9e37_79b9) % 89) as u8)).collect();
    let worker = format!("#cloud-config\n# {random}\n# %manager_address%\n");
    std::fs::write(directory.path().join("htcondor-worker.hbs"), worker.replace("{{", "")).unwrap();
    let templates = Templates::open(Some(directory.path()), None).unwrap();
    let error = render(&ec2(SYSTEMS[0]), &templates, None, FILE).unwrap_err().to_string();
    assert!(
        error.starts_with("the master: the user data has ") && error.contains("the workers' user data 4"),
        "{error}"
    );
}
