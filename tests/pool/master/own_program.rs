//! A master to which hoist's program is copied, as its launch plan does it.

use hoist::wizard::{Answers, Binary, Os, Scaler, bundle_name, program_bundle};

use crate::master::answers::{FILE, cluster, compatible};
use crate::master::downloads::program;
use crate::master::runs::start;
use hoist_test_support::cloud_machine::addresses;

#[test]
fn a_program_that_is_brought_is_installed_and_started() {
    let [address] = addresses::<1>();
    let scaler = Scaler::Hoist(Binary::Own { bucket: None });
    let made = cluster(&Answers { scaler, ..compatible(Os::named("debian-13").unwrap()) });
    let plan: toml::Table = made.plan.parse().unwrap();
    let boot = &plan["levels"][0]["services"]["master"]["boot"];
    let name = bundle_name(FILE);
    assert_eq!(boot["program"].as_str().unwrap(), format!("{name}.tar.gz"));
    assert_eq!(boot["args"][0].as_str().unwrap(), "admin");
    let told = format!("tar -xz && sh {name}/run.sh admin' < {name}.tar.gz");
    assert!(made.next_steps.iter().any(|step| step.contains(&told)), "{:?}", made.next_steps);

    let own = std::fs::read(program()).unwrap();
    let bundle = program_bundle(&name, &own, Vec::new()).unwrap();
    let damaged = program_bundle(&name, b"#!/bin/sh\nexit 3\n", Vec::new()).unwrap();
    let files: [(&str, &[u8], u32); 2] = [("var/bundle", &bundle, 0o644), ("var/damaged", &damaged, 0o644)];
    let Some(master) = start(&address, &made.master, &files) else { return };
    master.booted();
    // Until it comes, the master is a pool without a scaler.
    let installed = "/usr/local/bin/hoist";
    assert!(master.try_root(&format!("test -e {installed}")).is_err());
    assert_eq!(master.root("cat /var/systemctl"), "enable -q condor\nrestart condor\n");
    let run = |from: &str| {
        let unpack = format!("mkdir -p /tmp/new && cd /tmp/new && tar -xzf {from} && sh {name}/run.sh admin");
        master.as_user("admin", &unpack)
    };
    let refused = run("/var/damaged").unwrap_err();
    assert!(refused.contains("hoist's program does not run on this machine"), "{refused}");
    assert!(master.try_root(&format!("test -e {installed}")).is_err());
    run("/var/bundle").unwrap_or_else(|said| panic!("{said}\n{}", master.console()));
    assert_eq!(master.root(&format!("stat -c '%a %U' {installed}")), "755 root\n");
    assert!(master.file(std::path::Path::new(installed)) == own);
    let calls = master.root("cat /var/systemctl");
    assert!(
        calls.ends_with("enable -q hoist-tokens.service\nenable -q hoist-elastic.path\nrestart hoist-elastic.path\n")
    );
    // Again, as a plan that is resumed may do it.
    run("/var/bundle").unwrap_or_else(|said| panic!("{said}"));
}
