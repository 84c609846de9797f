//! A process of its own that reaches a host and runs a program there, to be killed.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use hoist::host::ssh::{ConnectionPool, RunKeys, SshHost, SshTarget, SshTerms};
use hoist::plan::HostKeyPolicy;
use hoist::provider::Host;

use crate::ssh::lab::{BASE, Lab, reach, shell};
use hoist_test_support::machine::Machine;

use hoist_test_support::itself::itself;

/// Names the directory of the lab to the helper.
const VARIABLE: &str = "HOIST_TEST_SSH_LAB";

impl Lab {
    /// Writes down for a helper what it is to do.
    pub(crate) fn save(&self, machine: &Machine, key: &str, script: &str) {
        let task = serde_json::json!({ "address": machine.address(), "port": machine.port(), "id": machine.id(), "key": key, "script": script });
        std::fs::write(self.directory.path().join("task.json"), task.to_string()).unwrap();
    }
}

/// Starts a helper.
pub(crate) fn start(lab: &Lab) -> Child {
    let words = itself(module_path!(), "reaches_and_runs");
    Command::new(&words[0])
        .args(&words[1..])
        .env(VARIABLE, lab.directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "a helper of other tests"]
async fn reaches_and_runs() {
    let directory = std::path::PathBuf::from(std::env::var_os(VARIABLE).unwrap());
    let task: serde_json::Value = serde_json::from_slice(&std::fs::read(directory.join("task.json")).unwrap()).unwrap();
    let text = |field: &str| task[field].as_str().unwrap().to_owned();
    let target = SshTarget {
        address: text("address"),
        port: Some(task["port"].as_u64().unwrap() as u16),
        user: Some("root".to_owned()),
        key: Some(directory.join("key")),
        policy: HostKeyPolicy::Strict,
        machine: Some(text("id")),
        base: BASE.into(),
        service: "web".to_owned(),
        terms: SshTerms::default(),
    };
    let host =
        SshHost::new(target, Arc::new(RunKeys::new(directory.join("ssh/run"))), Arc::new(ConnectionPool::new()), None);
    reach(&host).await.unwrap();
    host.run(&shell(&text("key"), &text("script"))).await.unwrap();
}
