//! Masters that run a scaler: whatever brings them their program, their workers belong to their run.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults, IMAGE, REGION, TagsAtLaunch, Tokens};
use hoist_test_support::eventually::eventually;
use hoist_test_support::machine::CloudInit;

/// A plan with a master, which is user data alone, and a service without a scaler.
fn plan(lab: &Lab, cloud: &str) {
    let config = "#cloud-config\nwrite_files:\n  - path: /var/tmp/seen\n    content: x\n";
    lab.file("master.cfg", config);
    lab.program("ready.sh", "test -e /var/tmp/seen");
    let service = |name: &str, more: &str| {
        format!(
            "[levels.services.{name}]\nuser_data = \"master.cfg\"\nready = {{ program = \"ready.sh\", retries = 60 }}\n{more}\n"
        )
    };
    let stop = "elastic = { stop = [\"true\"] }";
    let services = [service("master", &format!("{stop}\n{cloud}")), service("web", cloud)].concat();
    lab.plan(
        "demo",
        &format!("[clouds.old]\nprovider = \"ec2\"\nregion = \"{REGION}\"\ncompatible = true\n[[levels]]\n{services}"),
    );
}

fn id(lab: &Lab, service: &str) -> String {
    lab.service("demo", service)["instance_id"].as_str().unwrap().to_owned()
}

/// What the real cloud-init has written on a machine for the unit of its scaler.
fn run_env(lab: &Lab, service: &str) -> Option<BTreeMap<String, String>> {
    let read = |machine: &hoist_test_support::machine::Machine| fs::read_to_string(machine.own("etc/hoist/run.env"));
    let text = lab.yard.with(&id(lab, service), read).ok()?;
    let pairs = text.lines().map(|line| line.split_once('=').unwrap());
    Some(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[test]
fn a_master_learns_its_run_from_its_user_data() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Real) else { return };
    plan(&lab, "");
    lab.hoist("plan boot demo.toml --lease 2h").exit(0);
    let tag = lab.hoist("plan show demo -o json").exit(0).json()["id"].as_str().unwrap().to_owned();
    let expected = [("HOIST_RUN", tag.as_str()), ("HOIST_SERVICE", "master")];
    assert_eq!(run_env(&lab, "master"), Some(expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into()));
    assert_eq!(run_env(&lab, "web"), None);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

/// The call takes longer than any test.
const HANGS: Effect = Effect::Slow(Duration::from_secs(600));

/// Living instances with this tag.
fn tagged(lab: &Lab, key: &str, value: &str) -> usize {
    let living = lab.cloud.instances().into_iter().filter(|instance| instance.lives());
    living.filter(|instance| instance.tags.get(key).is_some_and(|found| found == value)).count()
}

#[test]
fn on_a_cloud_that_only_speaks_ec2s_language_a_killed_scaler_finds_its_workers_and_the_run_ends_them() {
    let old = Faults::default().plain(TagsAtLaunch::Refused).tokens(Tokens::Ignored);
    let Some(lab) = Lab::new(old, CloudInit::Real) else { return };
    plan(&lab, "cloud = \"old\"");
    lab.hoist("plan boot demo.toml").exit(0);
    let environment = run_env(&lab, "master").expect("the master was told its run");
    let tag = environment["HOIST_RUN"].clone();
    lab.file("worker-user-data", "#!/bin/sh\nexit 0\n");
    let endpoint = lab.cloud.endpoint();
    lab.file(
        "elastic.toml",
        format!(
            "[workers]\nmax = 3\n[cloud]\nprovider = \"ec2\"\nregion = \"{REGION}\"\nendpoint = \"{endpoint}\"\ncompatible = true\n\
             [machine]\nimage = \"{IMAGE}\"\ninstance_type = \"t3.micro\"\nuser_data = \"worker-user-data\"\n\
             [engine]\nname = \"npreserving\"\npreserve_n = 2\n"
        ),
    );
    // The master's own ledger; it runs here as it would there.
    let scaler = || {
        let call = lab.command("elastic run --config elastic.toml --state own.db");
        environment.iter().fold(call, |call, (name, value)| call.env(name, value)).spawn()
    };

    // The second worker is launched, and its scaler never hears of it: only the ledger has a trace of it.
    let launches = lab.cloud.count("RunInstances");
    lab.cloud.change(|faults| *faults = std::mem::take(faults).script("RunInstances", launches + 1, usize::MAX, HANGS));
    let first = scaler();
    eventually("the second worker is launched", || (lab.alive().len() == 4).then_some(()));
    first.signal(Signal::SIGKILL);
    first.wait();
    assert_eq!((lab.alive().len(), tagged(&lab, "hoist:parent", &tag)), (4, 1));
    lab.cloud.change(|faults| faults.scripts.clear());
    let second = scaler();
    eventually("both workers carry their run", || (tagged(&lab, "hoist:parent", &tag) == 2).then_some(()));
    assert_eq!(tagged(&lab, "hoist:parent-service", "master"), 2);
    let status = || lab.hoist("elastic status elastic --state own.db -o json").json();
    eventually("the scaler looks after both", || {
        (status()["workers"].as_array().is_some_and(|workers| workers.len() == 2)).then_some(())
    });
    assert_eq!(lab.alive().len(), 4, "none is launched again");

    // What such a cloud lacks was asked of it by no launch.
    let launches = lab.cloud.calls();
    let launches: Vec<_> = launches.iter().filter(|call| call.action == "RunInstances").collect();
    for what in ["TagSpecification", "MetadataOptions", "IamInstanceProfile", "InstanceInitiatedShutdownBehavior"] {
        assert!(launches.iter().all(|call| !call.parameters.has(what)), "{what}: {launches:?}");
    }
    let workers = lab.cloud.instances().into_iter().filter(|instance| instance.tags.contains_key("hoist:parent"));
    for worker in workers {
        let data = String::from_utf8(lab.cloud.user_data(REGION, &worker.id)).unwrap();
        assert!(data.contains("end=") && !data.contains("meta-data/tags"), "{data}");
    }

    second.signal(Signal::SIGTERM);
    second.wait();
    let ended = lab.hoist("plan terminate demo --yes").exit(0);
    ended.says_all(&["2 workers of run demo on old proved gone"]);
    assert_eq!(lab.alive(), Vec::<String>::new());
}
