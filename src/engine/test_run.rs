//! Runs for tests of the engine's parts.

use std::collections::BTreeMap;
use std::time::Duration;

use super::run::Run;
use crate::plan::{LaunchSpec, Level, Plan, Programs, RunOn, Service, SshConfig};

/// Creates a run that has not begun: one level of services with these names, each with an instance and no program.
pub(super) fn run_of(services: &[&str]) -> Run {
    let service = |name: &&str| Service {
        name: (*name).to_owned(),
        replica_of: None,
        cloud: "sim".to_owned(),
        launch: Some(LaunchSpec::default()),
        address: None,
        run_on: RunOn::Instance,
        ssh: SshConfig::default(),
        programs: Programs { boot: None, ready: None, terminate: None },
        attributes: BTreeMap::new(),
        secrets: BTreeMap::new(),
        settings: BTreeMap::new(),
        elastic: None,
        timeout: Duration::from_secs(600),
    };
    let level = Level { number: 1, name: "level1".to_owned(), services: services.iter().map(service).collect() };
    let plan = Plan {
        name: "test".to_owned(),
        file: "plan.toml".into(),
        variables: BTreeMap::new(),
        lease: None,
        clouds: BTreeMap::new(),
        levels: vec![level],
    };
    Run::new("test.1", "test", plan)
}
