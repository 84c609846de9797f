//! What several tests share: plans made in code, simulated places, and a driver on them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hoist::cloud::sim::SimCloud;
use hoist::engine::{
    DriveResult, Driver, DriverError, DriverOptions, JournalEntry, MemoryRunJournal, Run, StopRequest,
};
use hoist::plan::{
    CloudConfig, LaunchSpec, Level, OnFailure, Plan, Program, Programs, RunOn, Service, SourceFile, SshConfig, Text,
};
use tokio::sync::watch;

/// A plan whose programs are real files in `directory`; a service a name, a level a slice. Names that begin with `here`
/// are of services on this machine, those that begin with `at` of services at an address that exists already.
pub(crate) fn plan(directory: &Path, levels: &[&[&str]]) -> Plan {
    let file = |name: &str| {
        let path = directory.join(name);
        std::fs::write(&path, "#!/bin/sh\nexit 0\n").expect("the test's directory can be written");
        SourceFile { path, digest: name.to_owned() }
    };
    let program = |name: &str, retries| Program {
        file: file(name),
        args: vec![Text::new("${.name}"), Text::new("${.address}")],
        config: None,
        config_reads: None,
        timeout: Duration::from_secs(60),
        retries,
        optional: false,
        on_failure: OnFailure::Keep,
    };
    let service = |name: &str, level: usize| {
        let mut attributes = BTreeMap::from([("motto".to_owned(), Text::new("hello"))]);
        if let Some(before) = level.checked_sub(1).and_then(|before| levels[before].first()) {
            attributes.insert("before".to_owned(), Text::new(format!("${{{before}.address}}")));
        }
        let (run_on, address) = match name {
            name if name.starts_with("here") => (RunOn::ThisHost, None),
            name if name.starts_with("at") => (RunOn::Address, Some(Text::new("192.0.2.1"))),
            _ => (RunOn::Instance, None),
        };
        Service {
            name: name.to_owned(),
            replica_of: None,
            cloud: "sim".to_owned(),
            launch: (run_on == RunOn::Instance).then(LaunchSpec::default),
            address,
            run_on,
            ssh: SshConfig::default(),
            programs: Programs {
                boot: Some(program("boot.sh", 0)),
                ready: Some(program("ready.sh", 1)),
                terminate: Some(program("stop.sh", 0)),
            },
            attributes,
            secrets: BTreeMap::new(),
            settings: BTreeMap::new(),
            elastic: None,
            timeout: Duration::from_secs(600),
        }
    };
    Plan {
        name: "test".to_owned(),
        file: directory.join("plan.toml"),
        variables: BTreeMap::new(),
        lease: None,
        clouds: BTreeMap::from([(
            "sim".to_owned(),
            CloudConfig { provider: "sim".to_owned(), ..CloudConfig::default() },
        )]),
        levels: levels
            .iter()
            .enumerate()
            .map(|(index, names)| Level {
                number: index as u32 + 1,
                name: format!("level{}", index + 1),
                services: names.iter().map(|name| service(name, index)).collect(),
            })
            .collect(),
    }
}

/// Runs `work` in virtual time.
pub(crate) fn virtual_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be built")
        .block_on(work)
}

/// Drives the run that `records` tell of until it comes to rest or its journal is cut after `cut` records.
pub(crate) async fn drive(
    cloud: &SimCloud,
    plan: &Plan,
    records: Vec<JournalEntry>,
    cut: Option<usize>,
    prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
) -> (Result<DriveResult, DriverError>, Vec<JournalEntry>, Run) {
    let run = Run::replay("test.1", "test", plan.clone(), &records).expect("the journal is legal");
    let store = Arc::new(MemoryRunJournal::with_records(records).with_commit_delay(Duration::from_millis(3)));
    if let Some(cut) = cut {
        store.fail_after(cut);
    }
    let mut nobody = ();
    let options = DriverOptions { owner: "test".to_owned(), max_concurrency: 64 };
    let mut driver = Driver::new(run, store.clone(), Arc::new(cloud.clone()), &mut nobody, options);
    let (_keep, stop) = watch::channel(StopRequest::None);
    let halt = match prepare(&mut driver) {
        Ok(()) => driver.drive(stop).await,
        Err(error) => Err(error),
    };
    let run = driver.run().clone();
    drop(driver);
    (halt, store.records(), run)
}
