//! Every cluster's files, read by those who will read them.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;

use hoist::diagnostics::Severity;
use hoist::user_data::{LIMIT, LintOptions, fits, lint};
use hoist::wizard::{
    Answers, Binary, Cluster, GRACE, MANAGER_ADDRESS, PASSWORD_NAME, PasswordSource, Scaler, WORKER_TOKEN,
};
use serde_json::json;

use crate::master::answers::{DIGEST, FILE, PASSWORD, all, cluster};
use crate::master::files::{commands, config, elastiq, written};
use hoist_test_support::call::Call;
use hoist_test_support::judges::{cloud_init_accepts, lint_shells, put, python_compiles, said, there_is};

/// All of them, made once.
fn clusters() -> &'static [(String, Answers, Cluster)] {
    static MADE: OnceLock<Vec<(String, Answers, Cluster)>> = OnceLock::new();
    MADE.get_or_init(|| {
        let make = |(name, answers)| {
            let made = cluster(&answers);
            (name, answers, made)
        };
        all().into_iter().map(make).collect()
    })
}

/// Every cloud-config in them: masters and workers.
fn configs() -> BTreeMap<String, String> {
    let both = clusters().iter().flat_map(|(name, _, made)| {
        [(format!("{name}-master"), config(&made.master)), (format!("{name}-worker"), config(&made.worker))]
    });
    both.collect()
}

#[test]
fn cloud_init_has_nothing_against_any() {
    cloud_init_accepts(&configs(), &["debian-13-file-docker-master", "rocky-9-elastiq-master", "rocky-9-kept-worker"]);
}

#[test]
fn bash_shellcheck_and_python_have_nothing_against_their_scripts() {
    let (mut shells, mut pythons) = (BTreeMap::new(), BTreeMap::new());
    for (name, config) in configs() {
        for (path, content) in written(&config) {
            let file = format!("{name}-{}", path.rsplit('/').next().unwrap());
            if content.starts_with("#!/bin/bash") {
                shells.insert(file, content);
            } else if content.starts_with("#!/usr/bin/env python3") {
                pythons.insert(content, file);
            }
        }
    }
    let follows_lease = |answers: &Answers| answers.scaler != Scaler::Elastiq;
    let of_scaler = clusters().iter().filter(|(_, answers, _)| follows_lease(answers)).count();
    let scripts = clusters().len() * 3 + of_scaler * 2;
    assert_eq!(shells.len(), scripts, "each master has two, each worker one, and those of hoist's scaler two more");
    assert_eq!(pythons.len(), 3, "one that fetches programs, one that does not, and one that gives tokens");
    lint_shells(&shells);
    pythons.keys().for_each(|python| python_compiles(python));
}

#[test]
fn all_fit_as_text_and_hold_no_secret_but_a_password_from_a_file() {
    let options = LintOptions { without_shells: true, ..LintOptions::default() };
    for (name, answers, made) in clusters() {
        for user_data in [&made.master, &made.worker] {
            // People give the master's to a cloud's web page; the workers' are sent by the scaler, which compresses.
            let is_sent = std::ptr::eq(user_data, &made.worker) && answers.scaler != Scaler::Elastiq;
            let fits = user_data.len() <= LIMIT || (is_sent && fits(user_data, true));
            assert!(fits && user_data.is_ascii(), "{name}: {}", user_data.len());
            if name.ends_with("docker") && !name.starts_with("rocky") {
                continue;
            }
            let found = lint(user_data, &options).findings;
            let serious = found.iter().filter(|finding| finding.diagnostic.severity > Severity::Note);
            let names: Vec<_> = serious.clone().map(|finding| finding.secret.as_deref()).collect();
            let is_worker = std::ptr::eq(user_data, &made.worker);
            let is_kept = matches!(answers.password, PasswordSource::Kept(_))
                || (is_worker && answers.scaler != Scaler::Elastiq && answers.os.word != "ucernvm");
            assert!(names.iter().all(|name| *name == Some(PASSWORD_NAME)), "{name}: {:?}", serious.collect::<Vec<_>>());
            assert_eq!(names.is_empty(), is_kept, "{name}");
        }
        let told =
            made.notes.iter().any(|note| note.contains("the pool's password, from pool-password, is in the user data"));
        assert_eq!(told, matches!(answers.password, PasswordSource::File(_)), "{name}");
        assert!(!format!("{made:?}").contains(PASSWORD), "{name}");
    }
}

#[test]
fn the_master_configures_hoists_scaler_with_every_answer() {
    for (name, answers, made) in clusters() {
        let Scaler::Hoist(Binary::At { source, .. }) = &answers.scaler else { continue };
        let config = config(&made.master);
        let files = written(&config);
        let read: toml::Table = files["/etc/hoist/elastic.toml"].parse().unwrap();
        let mut machine = json!({
            "image": answers.image, "instance_type": answers.worker_type, "key_name": answers.key_name,
            "subnet": answers.subnet, "security_groups": [answers.worker_group], "instance_profile": answers.worker_profile,
            "user_data": "/etc/hoist/worker-user-data", "tags": {"Name": "pool.example.org worker"}, "slots": 4,
        });
        let is_compatible = name.contains("compatible");
        let mut cloud = json!({"provider": "ec2", "region": answers.region, "endpoint": answers.endpoint});
        if is_compatible {
            cloud["compatible"] = json!(true);
        }
        for table in [&mut machine, &mut cloud] {
            table.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        }
        let expected = json!({
            "workers": {"min": 1, "max": 12, "jobs_per_worker": 4, "idle": "3600s", "waiting_time": "40s", "deploy_time": "20m"},
            "queue": {"kind": "htcondor", "pool": "pool.example.org"},
            "cloud": cloud,
            "machine": machine,
            "engine": {"name": "classad"},
            "limits": {"launches_per_minute": 60},
            "lease": {"length": "30m", "grace": "30m"},
        });
        assert_eq!(serde_json::to_value(&read).unwrap(), expected, "{name}");
        let worker = String::from_utf8(made.worker.clone()).unwrap();
        // A worker gets a token, and no way to the password, unless its HTCondor may know none.
        let has_token = answers.os.word != "ucernvm";
        assert_eq!(files["/etc/hoist/worker-user-data"], worker, "{name}");
        assert_eq!(worker.matches(MANAGER_ADDRESS).count(), if is_compatible { 2 } else { 1 }, "{name}");
        assert_eq!(worker.matches(WORKER_TOKEN).count(), usize::from(has_token), "{name}");
        assert_eq!(written(&worker).contains_key("/var/lib/hoist/secret.py"), !has_token && name.contains("kept"));
        assert_eq!(written(&worker).contains_key("/var/lib/hoist/pool_password"), !has_token && !name.contains("kept"));
        assert_eq!(worker.matches(GRACE).count(), 1, "{name}");
        let scaler = ["bash", "/var/lib/hoist/scaler.sh", answers.os.login, source, DIGEST];
        assert_eq!(commands(&config)[1], scaler, "{name}");
        // Without a role the service waits for keys, and the user is told how they get there.
        assert_eq!(files.contains_key("/etc/systemd/system/hoist-elastic.path"), is_compatible, "{name}");
        let told = made.next_steps.iter().any(|step| step.contains("give the scaler its keys"));
        assert_eq!(told, is_compatible, "{name}");
    }
}

#[test]
fn elastiq_reads_its_configuration_with_every_answer() {
    for (name, answers, made) in clusters() {
        if answers.scaler != Scaler::Elastiq {
            continue;
        }
        let condor = &written(&config(&made.master))["/etc/condor/config.d/55-elastiq.config"];
        assert!(condor.contains("\nCONDOR_Q_ONLY_MY_JOBS = False\n"), "{name}: {condor}");
        assert!(made.notes.iter().any(|note| note.contains("elastiq needs Python 2")), "{name}: {:?}", made.notes);
        let conf = &written(&config(&made.master))["/etc/elastiq.conf"];
        assert!(conf.lines().any(|line| line.starts_with("# elastiq runs with Python 2 only")), "{conf}");
        let (user_data, read) = elastiq(conf);
        assert_eq!(user_data, String::from_utf8(made.worker.clone()).unwrap(), "{name}");
        assert_eq!(user_data.matches("%ipv4%").count(), 1, "{name}");
        let keys = |section: &str| read[section].keys().map(String::as_str).collect::<Vec<_>>();
        let of_elastiq = [
            "batch_plugin",
            "check_queue_every_s",
            "check_vms_every_s",
            "check_vms_in_error_every_s",
            "estimated_vm_deploy_time_s",
            "idle_for_time_s",
            "log_level",
            "n_jobs_per_vm",
            "sleep_s",
            "waiting_jobs_threshold",
            "waiting_jobs_time_s",
        ];
        assert_eq!(keys("elastiq"), of_elastiq);
        assert_eq!(keys("debug"), ["dry_run_boot_vms", "dry_run_shutdown_vms"]);
        assert_eq!(keys("substitute"), [""; 0]);
        for (section, key, value) in [
            ("elastiq", "n_jobs_per_vm", "4"),
            ("elastiq", "idle_for_time_s", "3600"),
            ("quota", "min_vms", "1"),
            // The master counts, too.
            ("quota", "max_vms", "13"),
            ("ec2", "api_url", "https://cloud.example.org:8788/services/Cloud"),
            ("ec2", "image_id", "ami-0123456789abcdef0"),
            ("ec2", "key_name", "my key"),
            ("ec2", "flavour", "c5.xlarge"),
        ] {
            assert_eq!(read[section][key], value, "{name}: {key}");
        }
        assert!(made.next_steps.iter().any(|step| step.contains("cat >> /etc/elastiq.conf")), "{name}");
    }
}

#[test]
fn systemd_has_nothing_against_the_units() {
    if !there_is("systemd-analyze", "systemd") {
        return;
    }
    let mut judged = std::collections::BTreeSet::new();
    for (name, answers, made) in clusters() {
        // Systems whose systemd is older than some of today's words have units of their own.
        if !matches!(answers.scaler, Scaler::Hoist(_)) || answers.os.word == "centos-7" {
            continue;
        }
        let units: BTreeMap<String, String> = written(&config(&made.master))
            .into_iter()
            .filter_map(|(path, text)| Some((path.strip_prefix("/etc/systemd/system/")?.to_owned(), text)))
            .collect();
        if !judged.insert(units.clone()) {
            continue;
        }
        // The program is there when the service starts; any will do here.
        let units =
            units.into_iter().map(|(name, text)| (name, text.replace("/usr/local/bin/hoist", "/bin/true"))).collect();
        let directory = put(&units);
        let files = units.keys().map(|name| directory.path().join(name));
        let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(files).output().unwrap();
        let told = said(&output);
        // Since systemd 254; the machines that get them have a newer one.
        let newer = ["'RestartSteps'", "'RestartMaxDelaySec'"];
        let ours =
            told.lines().filter(|line| line.contains("hoist-elastic") && !newer.iter().any(|word| line.contains(word)));
        let ours = ours.collect::<Vec<_>>();
        assert!(output.status.success() && ours.is_empty(), "{name}: {told}");
    }
    assert!(judged.len() > 2);
}

#[test]
fn hoist_takes_the_launch_plan() {
    for (name, answers, made) in clusters().iter().filter(|(name, ..)| name.starts_with("rocky-9")) {
        let mut answers = answers.clone();
        let directory = tempfile::tempdir().unwrap();
        answers.key_file = Some(directory.path().join("key"));
        let plan = cluster(&answers).plan;
        for (file, text) in [(FILE, &made.master), ("key", &Vec::new()), ("plan.toml", &plan.clone().into_bytes())] {
            std::fs::write(directory.path().join(file), text).unwrap();
        }
        // The password of the pool is in the user data where it is not fetched, which a boot is told as well.
        let call = Call::hoist(directory.path()).words("plan validate plan.toml --allow htcondor-password");
        let ran = call.env("HOME", directory.path()).run();
        assert!(ran.code == Some(0), "{name}: {ran}\n{plan}");
    }
}

#[test]
fn what_the_user_is_told_to_type_is_what_a_shell_reads() {
    let mut lines = BTreeMap::new();
    for (name, _, made) in clusters() {
        for step in &made.next_steps {
            if let Some((_, command)) = step.split_once("read in: ") {
                lines.insert(name.clone(), format!("#!/bin/bash\n{}\n", command.replace("ADDRESS", "192.0.2.1")));
            }
        }
    }
    assert!(lines.len() > 40, "{}", lines.len());
    lint_shells(&lines);
}
