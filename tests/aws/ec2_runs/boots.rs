//! Plans that are booted, looked at, mended and brought down.

use std::fs;
use std::path::Path;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::Faults;
use hoist_test_support::machine::CloudInit;
use hoist_test_support::tree::copy_tree;

/// Copies the plans of the repository to where a user may have them.
fn copy_plans(lab: &Lab) {
    copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("launch-plans"), &lab.path("plan/launch-plans"));
}

#[test]
fn the_webapp_is_booted_used_and_terminated() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Fast) else { return };
    copy_plans(&lab);
    let plan = "launch-plans/webapp-ec2/webapp-ec2.toml";
    let image = format!("--var image={}", hoist_test_support::aws::IMAGE);
    let boot = lab.hoist(&format!("plan boot {plan} {image} --var user=root")).exit(0);
    assert!(boot.raw_stdout.contains("webapp-ec2 is up: 5 services ready"), "{}", boot.raw_stdout);
    assert_eq!(lab.alive().len(), 5);
    let opened = lab.hoist("plan logs webapp-ec2 proxy").exit(0).raw_stdout;
    assert!(opened.contains("open http://127."), "{opened}");
    lab.hoist("plan status webapp-ec2").exit(0);

    let tags = lab.cloud.instances()[0].tags.clone();
    for tag in ["hoist:run", "hoist:intent", "hoist:owner", "hoist:expires-at"] {
        assert!(tags.contains_key(tag), "{tag} is missing: {tags:?}");
    }

    let down = lab.hoist("plan terminate webapp-ec2 --yes").exit(0);
    assert!(down.raw_stdout.contains("nothing is left"), "{}", down.raw_stdout);
    assert_eq!(lab.alive(), Vec::<String>::new());
    assert_eq!(lab.yard.ids(), Vec::<String>::new());
    let left: Vec<_> = lab.files().into_iter().filter(|file| file.starts_with(lab.path("state/ssh"))).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "the run's SSH files");
}

/// Two levels; the second reads what the first wrote.
fn two_levels(lab: &Lab) {
    lab.program("boot.sh", "echo \"boot of $1\"; echo \"{\\\"word\\\": \\\"from $1\\\"}\" > bootout.json");
    lab.program("ready.sh", "test -n \"$1\" && echo \"ready: $1\"");
    lab.plan(
        "demo",
        "[[levels]]\n[levels.services.db]\nboot = { program = \"boot.sh\", args = [\"${.name}\"] }\n\
         ready = { program = \"ready.sh\", args = [\"${.word}\"] }\n[[levels]]\n[levels.services.web]\nreplicas = 2\n\
         boot = { program = \"boot.sh\", args = [\"${.name}\"] }\nready = { program = \"ready.sh\", args = [\"${db.word}\"] }\n",
    );
}

#[test]
fn real_cloud_init_brings_the_host_key_and_hoist_changes_it_at_once() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Real) else { return };
    two_levels(&lab);
    lab.hoist("plan boot demo.toml --lease 2h").exit(0);
    for (data, id) in lab.yard.user_data().iter().zip(lab.yard.ids()) {
        let data = String::from_utf8_lossy(data);
        assert!(data.contains("ssh_keys"), "{data}");
        let own = lab
            .yard
            .with(&id, |machine| fs::read_to_string(machine.file("/etc/ssh/ssh_host_ed25519_key.pub")).unwrap());
        let key = own.split_whitespace().nth(1).unwrap();
        assert!(!data.contains(key), "the key that user data shows to everybody is still in use");
    }
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn another_machine_at_the_address_is_refused_before_any_command() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Fast) else { return };
    two_levels(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let id = lab.service("demo", "web-0")["instance_id"].as_str().unwrap().to_owned();
    lab.yard.replace(&id, &lab.public_key());
    let status = lab.hoist("plan status demo").exit(1);
    assert!(status.raw_stdout.contains("host key"), "{}", status.raw_stdout);
    assert_eq!(lab.yard.with(&id, |machine| machine.sessions()), 0, "a command reached the wrong machine");
    // Repair replaces it, since it cannot be trusted.
    lab.hoist("plan repair demo").exit(0);
    assert_eq!(lab.alive().len(), 3);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn a_failing_program_shows_its_output_and_the_run_goes_on_after_resume() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Fast) else { return };
    two_levels(&lab);
    lab.program(
        "boot.sh",
        "test -e /var/tmp/mended || { echo \"it is broken\" >&2; exit 7; }; echo '{\"word\": \"x\"}' > bootout.json",
    );
    let boot = lab.hoist("plan boot demo.toml").exit(1);
    assert!(
        boot.raw_stdout.contains("boot.sh ended with exit code 7") && boot.raw_stdout.contains("it is broken"),
        "{}",
        boot.raw_stdout
    );
    for id in lab.yard.ids() {
        lab.yard.with(&id, |machine| fs::write(machine.file("/var/tmp/mended"), "").unwrap());
    }
    lab.hoist("plan resume demo").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn the_machine_of_a_service_without_programs_need_not_let_anybody_in() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Fast) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.idle]\nreplicas = 2\n");
    lab.hoist("plan boot demo.toml").exit(0);
    for (id, data) in lab.yard.ids().iter().zip(lab.yard.user_data()) {
        assert_eq!(lab.yard.with(id, |machine| machine.sessions()), 0);
        assert!(data.is_empty(), "no host key is needed: {}", String::from_utf8_lossy(&data));
    }
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}
