//! What the programs of the pool say where they cannot work. None of these tests may get as far as to install anything.

use std::process::Command;

use crate::launch_plan::lab::plan_directory;

#[test]
fn a_local_instance_gets_no_htcondor() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(plan_directory().join("machine/boot.sh"))
        .args(["manager", "manager", "pool", "127.1.2.3", "127.1.2.3"])
        .current_dir(directory.path())
        .env_clear()
        .env("HOIST_ADDRESS", "127.1.2.3")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("on machines of its own, and a local instance is none"), "{said}");
}
