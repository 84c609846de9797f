use hoist::batch::{DrainAnswer, DrainOrder, SourceError, WorkSource};
use hoist::elastic::engine::{Demand, DrainOwner, MachineId, Reading, SlotState};

use crate::peers::{CoalitionServer, DEMAND, POOL, TestJob, demand, failure, open, password};

fn job(id: u32, parent: u32, state: &'static str) -> TestJob {
    TestJob { id, parent, command: "render", state, ..TestJob::default() }
}

fn group(id: u32, parent: u32, state: &'static str) -> TestJob {
    TestJob { command: "", ..job(id, parent, state) }
}

fn ids(names: &[&str]) -> Vec<MachineId> {
    names.iter().map(|name| MachineId::new(*name)).collect()
}

async fn drain(source: &dyn WorkSource, names: &[&str], unclaimed_only: bool, now: bool) -> Vec<DrainAnswer> {
    let mark = "hoist fleet-1".into();
    order(source, DrainOrder { machines: ids(names), unclaimed_only, now, mark, repeated: false }).await
}

async fn order(source: &dyn WorkSource, order: DrainOrder) -> Vec<DrainAnswer> {
    let answers = source.drain(&order).await;
    assert_eq!(answers.iter().map(|(machine, _)| machine.clone()).collect::<Vec<_>>(), order.machines);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn jobs_count_if_a_worker_could_take_them() {
    let server = CoalitionServer::start();
    let source = open(&server.queue());
    assert_eq!(demand(&*source, 0).await, Reading::Fresh { value: Demand::default() });
    server.add_worker("i-1", "WAITING", "linux,gpu\nbig");
    for each in [
        job(1, 0, "WAITING"),
        TestJob { affinity: "gpu", ..job(2, 0, "WAITING") },
        TestJob { affinity: "windows", ..job(3, 0, "WAITING") },
        job(4, 0, "WORKING"),
        job(5, 0, "PENDING"),
        TestJob { paused: true, ..job(6, 0, "WAITING") },
        job(7, 0, "ERROR"),
        // A group with jobs, one of them in a group within.
        group(10, 0, "WAITING"),
        job(11, 10, "WAITING"),
        group(12, 10, "WORKING"),
        job(13, 12, "WAITING"),
        job(14, 12, "WORKING"),
        // A paused group, and one that waits for another.
        TestJob { paused: true, ..group(20, 0, "WAITING") },
        job(21, 20, "WAITING"),
        group(30, 0, "PENDING"),
        job(31, 30, "WAITING"),
        // A finished one is not looked into.
        group(40, 0, "FINISHED"),
        job(41, 40, "FINISHED"),
    ] {
        server.add_job(each);
    }
    server.asked();
    // Unservable: 3 asks for windows, 10 is a group, 21 and 31 are held.
    assert_eq!(demand(&*source, 0).await, Reading::Fresh { value: Demand { waiting: 4, unservable: 4 } });
    let mut asked = server.asked();
    asked.sort();
    let children = |id: u32| format!("GET /api/jobs/{id}/children");
    let expected = ["GET /api/jobs".to_owned(), children(10), children(12), children(20), children(30)];
    assert_eq!(asked, [&expected[..], &["GET /api/workers".to_owned()]].concat());
}

#[tokio::test]
async fn hosts_are_the_workers_that_made_a_request() {
    let server = CoalitionServer::start();
    let source = open(&server.queue());
    for (name, state) in
        [("i-1", "WORKING"), ("i-2", "WAITING"), ("i-3", "TIMEOUT"), ("i-4", "STARTING"), ("i-5", "TERMINATED")]
    {
        server.add_worker(name, state, "");
    }
    assert!(source.has_pool());
    let told = async |now| {
        let reading = source.read(POOL, now).await;
        let hosts = reading.pool.fresh().unwrap().clone();
        let slots = reading.slots.fresh().unwrap().clone();
        assert_eq!(
            slots.iter().map(|machine| &machine.id).collect::<Vec<_>>(),
            hosts.iter().map(|host| &host.id).collect::<Vec<_>>()
        );
        let hosts = hosts.iter().map(|host| (host.id.to_string(), host.busy, host.silent, host.joined_at));
        let states = slots.iter().map(|machine| machine.slots[0].state);
        (hosts.collect::<Vec<_>>(), states.collect::<Vec<_>>())
    };
    let host = |name: &str, busy, silent, joined| (name.to_owned(), busy, silent, joined);
    let first = [host("i-1", 1, false, 100), host("i-2", 0, false, 100), host("i-3", 0, true, 100)];
    assert_eq!(told(100).await, (first.to_vec(), vec![SlotState::Claimed, SlotState::Unclaimed, SlotState::Closed]));
    server.add_worker("i-6", "WAITING", "");
    let (hosts, _) = told(130).await;
    assert_eq!(hosts[..3], first);
    assert_eq!(hosts[3], host("i-6", 0, false, 130));
    // The server is asked for nothing that is not wanted.
    server.asked();
    source.read(hoist::elastic::engine::Wants { pool: true, ..Default::default() }, 140).await;
    assert_eq!(server.asked(), ["GET /api/workers"]);
}

#[tokio::test]
async fn a_drained_worker_ends_its_job_and_takes_no_other() {
    let server = CoalitionServer::start();
    let source = open(&server.queue());
    server.add_worker("busy", "WORKING", "");
    server.add_worker("idle", "WAITING", "");
    server.add_worker("other", "WAITING", "");
    server.add_worker("person", "WAITING", "");
    server.set_active("person", false);
    server.add_job(TestJob { worker: "busy", ..job(1, 0, "WORKING") });
    let answers = drain(&*source, &["busy", "idle", "gone", "person"], false, false).await;
    let drained = DrainAnswer::Drained;
    assert_eq!(answers[..3], [drained.clone(), drained.clone(), DrainAnswer::Absent]);
    let foreign = |answer: &DrainAnswer| match answer {
        DrainAnswer::Failed(error) => error.message.contains("stopped by somebody else"),
        _ => false,
    };
    assert!(foreign(&answers[3]), "{answers:?}");
    assert_eq!(server.state_of_job(1), "WORKING");
    let active = || ["busy", "idle", "other", "person"].map(|name| server.is_active(name).unwrap());
    assert_eq!(active(), [false, false, true, false]);
    let slots = source.read(POOL, 0).await.slots;
    let owners: Vec<_> =
        slots.fresh().unwrap().iter().map(|machine| machine.draining.as_ref().map(|drain| drain.by)).collect();
    // The server keeps no owner: to this source each drain is a person's, and the journal knows better.
    assert!(!source.remembers_workers());
    let persons = Some(DrainOwner::Person);
    assert_eq!(owners, [persons, persons, None, persons]);
    let cancelled = source.cancel_drain(&ids(&["busy", "idle"]), "hoist fleet-1").await;
    assert!(cancelled.iter().all(|(_, result)| result.is_ok()) && cancelled.len() == 2);
    assert_eq!(active(), [true, true, true, false]);
    assert_eq!(server.state_of_job(1), "WORKING");
    // At once: the job goes back to the queue.
    assert_eq!(drain(&*source, &["busy"], false, true).await, [drained]);
    assert_eq!((server.state_of_job(1), server.is_active("busy")), ("WAITING", Some(false)));
    source.forget(&ids(&["busy", "gone"])).await.unwrap();
    assert_eq!((server.is_active("busy"), server.is_active("other")), (None, Some(true)));
}

#[tokio::test]
async fn a_worker_with_a_job_stays_as_it_is_if_only_idle_ones_are_meant() {
    let server = CoalitionServer::start();
    let source = open(&server.queue());
    server.add_worker("busy", "WORKING", "");
    server.add_worker("quick", "WAITING", "");
    server.add_worker("idle", "WAITING", "");
    // It takes a job between the look at it and the order.
    server.let_take("quick");
    let answers = drain(&*source, &["busy", "quick", "idle"], true, false).await;
    assert_eq!(answers, [DrainAnswer::Claimed, DrainAnswer::Claimed, DrainAnswer::Drained]);
    assert_eq!(["busy", "quick", "idle"].map(|name| server.is_active(name)), [Some(true), Some(true), Some(false)]);
}

#[tokio::test]
async fn an_order_that_is_repeated_takes_what_an_earlier_call_stopped() {
    let server = CoalitionServer::start();
    let source = open(&server.queue());
    for name in ["idle", "busy", "other"] {
        server.add_worker(name, if name == "busy" { "WORKING" } else { "WAITING" }, "");
    }
    // By a process that was killed before it read the answer.
    server.set_active("idle", false);
    server.set_active("busy", false);
    let again = DrainOrder {
        machines: ids(&["idle", "busy", "other"]),
        unclaimed_only: true,
        now: false,
        mark: "hoist fleet-1".into(),
        repeated: true,
    };
    let answers = order(&*source, again).await;
    assert_eq!(answers, [DrainAnswer::Drained, DrainAnswer::Claimed, DrainAnswer::Drained]);
    assert_eq!(["idle", "busy", "other"].map(|name| server.is_active(name)), [Some(false), Some(true), Some(false)]);
}

#[tokio::test]
async fn the_login_is_sent_and_a_refusal_names_it() {
    let server = CoalitionServer::start();
    let directory = tempfile::tempdir().unwrap();
    server.ask_for_login("Basic YW5uOmdvb2Qtd29yZA==");
    let mut queue = server.queue();
    let without = failure(&*open(&queue)).await;
    assert!(without.contains("401") && without.contains("add user"), "{without}");
    queue.user = Some("ann".to_owned());
    queue.password = Some(password(directory.path(), "bad-word"));
    let wrong = failure(&*open(&queue)).await;
    assert!(wrong.contains("user \"ann\"") && !wrong.contains("bad-word\""), "{wrong}");
    queue.password = Some(password(directory.path(), "good-word"));
    assert_eq!(demand(&*open(&queue), 0).await, Reading::Fresh { value: Demand::default() });
}

#[tokio::test]
async fn a_server_that_is_down_drains_nothing() {
    let mut queue = CoalitionServer::start().queue();
    let (address, port) = hoist_test_support::loopback::free_address();
    queue.url = Some(format!("http://{address}:{port}"));
    let source = open(&queue);
    let reading = source.read(POOL, 0).await;
    assert!(matches!(reading.pool, Reading::Failed { .. }) && matches!(reading.slots, Reading::Failed { .. }));
    assert!(matches!(source.read(DEMAND, 0).await.pool, Reading::Unread));
    let answers = drain(&*source, &["a"], false, false).await;
    let DrainAnswer::Failed(SourceError { message, .. }) = &answers[0] else { panic!("{answers:?}") };
    assert!(message.contains("connection refused"), "{message}");
    assert!(source.cancel_drain(&ids(&["a"]), "mark").await[0].1.is_err());
    assert!(source.forget(&ids(&["a"])).await.is_err());
}
