//! Machines that leave a pool.

use std::path::Path;
use std::time::Duration;

use hoist::annex::{machines_of, target_of};
use hoist::batch::htcondor::{DrainReply, Draining, Patience, Submission};

use crate::pool_tools::lab::{Machine, annex, block_on, condor, manager, worker, worker_with_silent_master};

const WAIT: Patience = Patience { limit: Some(Duration::from_secs(120)), pause: Duration::from_millis(200) };

/// Submits a job that runs until `/run/go` is there; gives its cluster.
fn submit_until_told(manager: &Machine, name: &str) -> u64 {
    let file = format!("/home/admin/{name}.sub");
    let job = "executable = /bin/sh\narguments = \"-c 'until [ -e /run/go ]; do sleep 0.1; done'\"\nrequest_memory = 16\n\
               request_disk = 16\nqueue";
    manager.write(Path::new(&file), job);
    let annex = annex(name);
    let submission = Submission { file: file.as_ref(), target: target_of(&annex.name), token: name, arguments: &[] };
    block_on(condor(manager, "admin").submit(&submission)).unwrap()[0].cluster
}

fn status_of(manager: &Machine, cluster: u64) -> String {
    let command = format!(
        "condor_q {cluster} -af JobStatus NumJobStarts; condor_history {cluster} -af JobStatus NumJobStarts ExitCode"
    );
    manager.must("admin", &command).trim().to_owned()
}

#[test]
fn a_busy_machine_leaves_without_losing_its_job_and_takes_no_other() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let id = annex("drained");
    let machine = worker(manager, &id, "i-drained");
    let condor = condor(manager, "admin");
    let cluster = submit_until_told(manager, "drained");
    manager.until("the job runs", || status_of(manager, cluster).starts_with('2'));

    assert_eq!(block_on(condor.drain("i-drained", Draining::Peaceful)).unwrap(), DrainReply::Told);
    // Repeated as after a crash.
    assert_eq!(block_on(condor.drain("i-drained", Draining::Peaceful)).unwrap(), DrainReply::Told);
    let late = submit_until_told(manager, "drained");
    manager.until("the slot is let go", || {
        block_on(condor.slots(&machines_of(&id).unwrap())).unwrap().iter().any(|slot| slot.activity == "Retiring")
    });
    let instances = ["i-drained".to_owned()];
    let little = Patience { limit: Some(Duration::from_millis(500)), ..WAIT };
    let left = block_on(condor.wait_until_left(&instances, little, |_| panic!("it has a job"))).unwrap();
    assert_eq!(left, instances, "it has a job still");

    machine.must("root", "touch /run/go");
    let mut told = Vec::new();
    let left = block_on(condor.wait_until_left(&instances, WAIT, |instance| told.push(instance.to_owned()))).unwrap();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(told, instances);
    manager.until("the job is done", || status_of(manager, cluster).starts_with('4'));
    // Completed, begun once, and well.
    assert_eq!(status_of(manager, cluster), "4 1 0");
    let waiting = status_of(manager, late);
    assert!(waiting.starts_with('1') && !waiting.ends_with('1'), "a machine that leaves took a job: {waiting}");

    // Its master is still there, and takes it once more.
    assert_eq!(block_on(condor.drain("i-drained", Draining::Peaceful)).unwrap(), DrainReply::Told);
    assert!(block_on(condor.wait_until_left(&instances, WAIT, |_| {})).unwrap().is_empty());
}

#[test]
fn a_machine_in_a_hurry_leaves_at_once_and_its_job_begins_anew_elsewhere() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let id = annex("hurried");
    let machine = worker(manager, &id, "i-hurried-1");
    let condor = condor(manager, "admin");
    let cluster = submit_until_told(manager, "hurried");
    manager.until("the job runs", || status_of(manager, cluster).starts_with('2'));
    let other = worker(manager, &id, "i-hurried-2");
    assert_eq!(block_on(condor.drain("i-hurried-1", Draining::Fast)).unwrap(), DrainReply::Told);
    let instances = ["i-hurried-1".to_owned()];
    assert!(block_on(condor.wait_until_left(&instances, WAIT, |_| {})).unwrap().is_empty());
    drop(machine);
    other.must("root", "touch /run/go");
    manager.until("the job is done", || status_of(manager, cluster) == "4 2 0");
    assert_eq!(
        block_on(condor.slots(&machines_of(&id).unwrap())).unwrap()[0].instance.as_deref(),
        Some("i-hurried-2"),
        "it stayed"
    );
}

#[test]
fn a_machine_that_never_joined_is_empty() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    assert_eq!(block_on(condor(manager, "admin").drain("i-never", Draining::Peaceful)).unwrap(), DrainReply::NotInPool);
}

#[test]
fn a_machine_with_slots_is_in_the_pool_although_its_master_is_not_known_yet() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let _machine = worker_with_silent_master(manager, &annex("silent"), "i-silent");
    let error = block_on(condor(manager, "admin").drain("i-silent", Draining::Peaceful)).unwrap_err();
    assert!(error.to_string().contains("has not reported to the collector yet"), "{error}");
}
