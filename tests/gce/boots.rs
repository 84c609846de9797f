//! Plans that are booted, looked at, mended and brought down.

use std::path::Path;

use hoist_test_support::google::{Faults, IMAGE};
use hoist_test_support::tree::copy_tree;

use crate::lab::{Lab, UBUNTU};

#[test]
fn the_webapp_is_booted_used_and_terminated() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("launch-plans"), &lab.path("plan/launch-plans"));
    let plan = "launch-plans/webapp-gce/webapp-gce.toml";
    let boot = lab.hoist(&format!("plan boot {plan} --var image={UBUNTU} --var user=root")).exit(0);
    assert!(boot.raw_stdout.contains("webapp-gce is up: 5 services ready"), "{}", boot.raw_stdout);
    assert_eq!(lab.cloud.instances().len(), 5);
    let opened = lab.hoist("plan logs webapp-gce proxy").exit(0).raw_stdout;
    assert!(opened.contains("open http://127."), "{opened}");
    lab.hoist("plan status webapp-gce").exit(0);
    for instance in lab.cloud.instances() {
        for label in ["hoist-run", "hoist-intent", "hoist-owner"] {
            assert!(instance.labels.contains_key(label), "{label} is missing: {:?}", instance.labels);
        }
        assert!(instance.metadata["hoist-tags"].contains("\"hoist:run\":\"webapp-gce."), "{:?}", instance.metadata);
        assert!(instance.metadata.contains_key("hoist-expires-at"));
    }
    let down = lab.hoist("plan terminate webapp-gce --yes").exit(0);
    assert!(down.raw_stdout.contains("nothing is left"), "{}", down.raw_stdout);
    lab.nothing_is_left();
}

#[test]
fn an_image_without_cloud_init_runs_its_script_and_tells_its_host_key() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    lab.file("setup.sh", "#!/bin/sh\necho set up > /var/tmp/word\n");
    lab.program("boot.sh", "until [ -s /var/tmp/word ]; do sleep 0.1; done; cat /var/tmp/word");
    let image = IMAGE.trim_start_matches("projects/");
    let levels = format!(
        "[[levels]]\n[levels.services.web]\nimage = \"projects/{image}\"\nuser_data = \"setup.sh\"\nboot = \"boot.sh\"\n"
    );
    lab.plan("demo", &levels);
    lab.hoist("plan boot demo.toml").exit(0);
    let machine = &lab.cloud.instances()[0];
    assert!(machine.metadata.contains_key("startup-script") && !machine.metadata.contains_key("user-data"));
    assert!(machine.metadata["ssh-keys"].starts_with("root:ssh-ed25519 "), "{:?}", machine.metadata);
    let said = lab.hoist("plan logs demo web").exit(0).raw_stdout;
    assert!(said.contains("set up"), "{said}");
    assert!(lab.yard.as_ref().unwrap().each(|machine| machine.sessions()).iter().all(|sessions| *sessions > 0));
    lab.hoist("plan terminate demo --yes").exit(0);
    lab.nothing_is_left();
}

#[test]
fn machines_without_programs_need_not_let_anybody_in() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.idle]\nreplicas = 3\n");
    lab.hoist("plan boot demo.toml").exit(0);
    assert_eq!(lab.cloud.count("compute.instances.bulkInsert"), 1, "equal machines are one call");
    for instance in lab.cloud.instances() {
        assert_eq!((instance.machine_type.as_str(), instance.spot), ("e2-small", false));
        assert!(!instance.metadata.contains_key("ssh-keys"), "nobody logs in");
    }
    lab.hoist("plan status demo").exit(0);
    let instance = lab.cloud.instances().remove(0);
    lab.cloud.power_off(&instance.place);
    let status = lab.hoist("plan status demo").exit(1);
    assert!(status.raw_stdout.contains("stopped"), "{}", status.raw_stdout);
    lab.hoist("plan terminate demo --yes").exit(0);
    lab.nothing_is_left();
}

#[test]
fn a_preempted_machine_is_noticed_and_replaced() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\nmarket = \"spot\"\nreplicas = 2\n");
    lab.hoist("plan boot demo.toml").exit(0);
    let first = lab.cloud.instances().remove(0);
    assert!(first.spot);
    lab.cloud.preempt(&first.place);
    assert_eq!(lab.cloud.instances().len(), 1, "it is deleted, not stopped");
    lab.hoist("plan status demo").exit(1);
    lab.hoist("plan repair demo").exit(0);
    let now = lab.cloud.instances();
    assert_eq!(now.len(), 2);
    assert!(now.iter().all(|instance| instance.id != first.id && instance.place.zone == first.place.zone));
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
    lab.nothing_is_left();
}
