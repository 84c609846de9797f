//! Fleets that belong to a run: their workers end before its machines, and the end is proved.

use hoist::cloud::local::{LocalCloud, LocalCloudConfig};
use hoist::elastic::engine::{MachineId, Reason};
use hoist::plan::CloudConfig;
use hoist::provider::{Cloud, LaunchRequest, TAG_EXPIRES, TAG_FLEET, TAG_INTENT, TAG_OWNER, TAG_RUN};
use hoist::scaler::{
    FleetBatch, FleetEvent, FleetId, FleetJournal, FleetPhase, FleetRequest, LaunchIntent, NewWorker, RequestAnswer,
    TAG_PARENT, TAG_PARENT_SERVICE,
};
use hoist::state::{FleetLock, Owner, StateFile};
use jiff::{SignedDuration, Timestamp};
use nix::sys::signal::Signal;
use serde_json::json;

use hoist_test_support::ran::Ran;

use crate::lab::{Lab, eventually};

/// A run with a base whose terminate program waits at its gate.
pub(crate) fn lab_with(elastic: &str) -> Lab {
    let lab = Lab::new();
    lab.file("demo.toml", format!("[[levels]]\n[levels.services.base]\nterminate = \"bye.sh\"\n{elastic}\n"));
    lab.gated_program("bye.sh", "");
    lab.hoist("plan boot demo.toml").exit(0);
    lab
}

/// Lets the program that waits at the gate of the base or of the scaler go on; returns how many instances there were.
pub(crate) fn pass_gate(lab: &Lab, of: &str) -> usize {
    let gate = lab.await_gate(of);
    let there = lab.instances().len();
    gate.open();
    there
}

/// Terminates the run; returns how many instances there were when the base's terminate program ran.
fn terminate(lab: &Lab, flags: &str) -> (usize, Ran) {
    let ending = lab.hoist(&format!("plan terminate demo {flags}")).spawn();
    let there = pass_gate(lab, "base");
    (there, ending.wait().exit(0))
}

/// The tag of the run demo.
pub(crate) fn tag(lab: &Lab) -> String {
    lab.hoist("plan show demo -o json").exit(0).json()["id"].as_str().unwrap().to_owned()
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub(crate) fn cloud(lab: &Lab) -> LocalCloud {
    let init_program = hoist_test_support::place::hoist().into();
    let config = LocalCloudConfig { root: lab.path("state/local"), init_program, namespaces: true };
    LocalCloud::of_state_file(config, lab.state()).unwrap()
}

/// A fleet that another state file records.
pub(crate) fn far() -> FleetId {
    FleetId { name: "far".parse().unwrap(), nonce: "0123456789ab".to_owned() }
}

/// Launches workers as the scaler of a fleet with this parent does; returns their ids.
pub(crate) fn launch(lab: &Lab, fleet: &FleetId, parent: &str, token: &str, number: usize) -> Vec<String> {
    launch_of(lab, fleet, (parent, None), token, number)
}

/// The same as the scaler on the machine of a service does.
pub(crate) fn launch_of(
    lab: &Lab,
    fleet: &FleetId,
    (parent, service): (&str, Option<&str>),
    token: &str,
    number: usize,
) -> Vec<String> {
    let end = Timestamp::now() + SignedDuration::from_mins(30);
    let tags = [
        (TAG_RUN, fleet.tag()),
        (TAG_FLEET, fleet.tag()),
        (TAG_PARENT, parent.to_owned()),
        (TAG_INTENT, token.to_owned()),
        (TAG_OWNER, Owner::current().to_string()),
        (TAG_EXPIRES, end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ];
    let request = LaunchRequest {
        token: token.to_owned(),
        slots: (0..number).map(|index| format!("{token}-{index}")).collect(),
        tags: tags
            .into_iter()
            .chain(service.map(|service| (TAG_PARENT_SERVICE, service.to_owned())))
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        expires_at: Some(end),
        ..LaunchRequest::default()
    };
    run(cloud(lab).launch(&request)).unwrap().instances.into_iter().map(|instance| instance.id).collect()
}

pub(crate) fn record(journal: &dyn FleetJournal, event: FleetEvent) {
    run(journal.record(&FleetBatch::events(Timestamp::now(), vec![event]))).unwrap();
}

/// Records the fleet night of the run in the lab's state file, with this number of workers, which it launches.
pub(crate) fn night(lab: &Lab, parent: &str, number: usize) -> (FleetLock, Vec<String>) {
    let state = StateFile::open(&lab.state()).unwrap();
    let lock = state.create_fleet(&"night".parse().unwrap(), &Owner::current()).unwrap();
    let journal = lock.journal();
    let configured = FleetEvent::Configured {
        path: lab.path("elastic.toml"),
        text: String::new(),
        cloud: Box::new(CloudConfig::local()),
        parent: Some(parent.to_owned()),
        parent_service: None,
    };
    record(journal.as_ref(), configured);
    let intent = LaunchIntent {
        token: "night-token".to_owned(),
        decision: 0,
        kind: "small".into(),
        names: (0..number).map(|index| format!("night-{index}")).collect(),
        offers: Vec::new(),
        slot: None,
        variables: Default::default(),
        expires_at: Timestamp::now() + SignedDuration::from_mins(30),
        price: None,
        owner: Owner::current().to_string(),
        state: None,
        digest: String::new(),
        reason: Reason::Error { failed: 1 },
    };
    record(journal.as_ref(), FleetEvent::LaunchIntended { intent: Box::new(intent) });
    let ids = launch(lab, lock.id(), parent, "night-token", number);
    let new = |(index, id): (usize, &String)| NewWorker {
        index,
        id: MachineId::new(id.as_str()),
        launched_at: Timestamp::now(),
        offer: None,
    };
    let workers = ids.iter().enumerate().map(new).collect();
    let token = "night-token".to_owned();
    record(journal.as_ref(), FleetEvent::Launched { token, workers, refusals: Vec::new(), error: None });
    (lock, ids)
}

/// Names of the lines of the journal of the fleet night.
pub(crate) fn lines(lab: &Lab) -> Vec<String> {
    let state = StateFile::open(&lab.state()).unwrap();
    let id = state.find_fleet(&"night".parse().unwrap()).unwrap().id;
    let journal = state.fleet_journal(&id).unwrap();
    let name = |event: &FleetEvent| serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned();
    journal.iter().map(|(_, event)| name(event)).collect()
}

/// What stops the scaler waits at a gate, too.
pub(crate) const GATED: &str = "elastic = { stop = [\"sh\", \"-c\", \"mkdir -p $HOME/scaler; cd $HOME/scaler; mkfifo gate; read go < gate; rm gate\"] }";

#[test]
fn the_scaler_stops_first_then_its_workers_end_and_only_then_the_base() {
    let lab = lab_with(GATED);
    launch(&lab, &far(), &tag(&lab), "token-1", 2);
    // Those of another run are not touched.
    launch(&lab, &far(), "another-run", "token-2", 1);
    lab.hoist("plan status demo").exit(0).says("2 workers of its fleets");
    let ending = lab.hoist("plan terminate demo -o json").spawn();
    assert_eq!(
        (pass_gate(&lab, "scaler"), pass_gate(&lab, "base")),
        (4, 2),
        "when the scaler is stopped, and when the base ends"
    );
    let ended = ending.wait().exit(0);
    for told in [
        "first 2 workers of fleets of run demo will end:",
        "fleet far, which is recorded elsewhere: 2 workers: INSTANCE, INSTANCE",
    ] {
        assert!(ended.stderr.contains(told), "{ended}");
    }
    let document = ended.json();
    assert_eq!((&document["outcome"], &document["workers_ended"]), (&json!("gone"), &json!(2)));
    assert_eq!(lab.instances().len(), 1);

    // A worker that appears afterwards is found when the command is repeated.
    launch(&lab, &far(), document["id"].as_str().unwrap(), "token-3", 1);
    lab.hoist("plan terminate demo").exit(0).says("1 worker of run demo on local proved gone");
    assert_eq!(lab.instances().len(), 1);
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_worker_that_is_launched_while_the_base_ends_is_ended() {
    let lab = lab_with("");
    let parent = tag(&lab);
    launch(&lab, &far(), &parent, "token-1", 1);
    let ending = lab.hoist("plan terminate demo").spawn();
    let gate = lab.await_gate("base");
    assert_eq!(lab.instances().len(), 1);
    launch(&lab, &far(), &parent, "late", 1);
    gate.open();
    let ended = ending.wait().exit(0);
    assert!(ended.stderr.matches("1 worker of run demo on local proved gone").count() == 2, "{ended}");
    lab.assert_nothing_runs();
}

#[test]
fn a_kill_in_the_middle_loses_nothing_and_no_fleet_of_the_run_begins_anew() {
    let lab = lab_with("");
    let parent = tag(&lab);
    let (lock, _) = night(&lab, &parent, 1);
    drop(lock);
    let ending = lab.hoist("plan terminate demo").spawn();
    let gate = lab.await_gate("base");
    ending.signal(Signal::SIGKILL);
    ending.wait();
    assert_eq!(lab.instances().len(), 1);
    launch(&lab, &far(), &parent, "late", 2);
    for file in [FILE.to_owned(), FILE.replace("run = \"demo\"\n", "")] {
        lab.file("elastic.toml", file);
        let refused = lab.hoist("elastic once --config elastic.toml").env("HOIST_RUN", &parent).exit(1);
        assert!(refused.stderr.contains("run demo is being brought down, and its fleets with it"), "{refused}");
    }
    gate.open();
    lab.hoist("plan terminate demo").exit(0).says("2 workers of run demo on local proved gone");
    lab.assert_nothing_runs();
}

#[test]
fn a_fleet_without_its_scaler_is_ended_in_its_place() {
    let lab = lab_with("");
    let (lock, ids) = night(&lab, &tag(&lab), 2);
    drop(lock);
    let (there, ended) = terminate(&lab, "");
    for told in ["fleet night: 2 workers: night-0, night-1", "fleet night has ended; 2 workers proved gone"] {
        assert!(ended.stderr.contains(told), "{ended}");
    }
    assert_eq!(there, 1, "of {ids:?}");
    assert_eq!(lines(&lab)[3..], ["stop_intended", "termination_intended", "gone", "ended"]);
    lab.assert_nothing_runs();
}

#[test]
fn a_running_scaler_ends_its_fleet_itself_and_is_waited_for() {
    let lab = lab_with("");
    let (lock, ids) = night(&lab, &tag(&lab), 1);
    let ending = lab.hoist("plan terminate demo").spawn();
    let journal = lock.journal();
    let (number, request) =
        eventually("the scaler is asked to end its fleet", || run(journal.requests()).unwrap().pop());
    assert_eq!(request, FleetRequest::Stop { keep_workers: false, now: false });
    let stop = FleetBatch::events(Timestamp::now(), vec![FleetEvent::StopIntended { keep_workers: false, now: false }]);
    run(journal.answer(number, &RequestAnswer::Done { message: String::new() }, &stop)).unwrap();
    assert_eq!(lab.instances().len(), 2, "the base waits");
    run(cloud(&lab).terminate(&ids)).unwrap();
    eventually("its worker is gone", || (lab.instances().len() == 1).then_some(()));
    record(journal.as_ref(), FleetEvent::Gone { machines: vec![MachineId::new(ids[0].as_str())] });
    record(journal.as_ref(), FleetEvent::Ended { kept: Vec::new() });
    drop((journal, lock));
    assert_eq!(pass_gate(&lab, "base"), 1);
    let ended = ending.wait().exit(0);
    assert!(ended.stderr.contains("fleet night has ended; 1 worker proved gone"), "{ended}");
    lab.assert_nothing_runs();
}

#[test]
fn with_force_a_scaler_that_hangs_keeps_nothing() {
    let lab = lab_with("");
    let (lock, _) = night(&lab, &tag(&lab), 1);
    // It has read that it is to end, and does nothing.
    record(lock.journal().as_ref(), FleetEvent::StopIntended { keep_workers: false, now: false });
    let (there, ended) = terminate(&lab, "--force");
    assert!(ended.stderr.contains("fleet night has ended; 1 worker proved gone"), "{ended}");
    assert_eq!(there, 1);
    assert_eq!(StateFile::open(&lab.state()).unwrap().fleet(lock.id()).unwrap().phase, FleetPhase::Stopping);
    drop(lock);
    lab.assert_nothing_runs();
}

#[test]
fn a_scaler_that_cannot_be_stopped_is_told_of_and_keeps_nothing() {
    let lab = lab_with("elastic = { stop = [\"sh\", \"-c\", \"echo it hangs; exit 7\"] }");
    launch(&lab, &far(), &tag(&lab), "token-1", 1);
    let (there, ended) = terminate(&lab, "");
    let told = "the scaler of base is not known to be stopped: sh: exit code 7: it hangs; it ends with its machine";
    assert!(ended.stderr.contains(told), "{ended}");
    assert_eq!(there, 1);
    lab.assert_nothing_runs();
}

#[test]
fn scalers_on_a_local_instance_are_told_to_end() {
    let lab = Lab::new();
    let plan = "[[levels]]\n[levels.services.base]\nboot = \"scale.sh\"\nterminate = \"bye.sh\"\nelastic = {}\n";
    lab.file("demo.toml", plan);
    // A scaler that notes its end, and a program that is none.
    let scaler = "trap 'echo told > told; exit' TERM; echo runs > runs; while :; do sleep 0.1; done";
    lab.program(
        "scale.sh",
        &format!("sh -c \"{scaler}\" hoist elastic run --config x &\nsleep 1000 elastic &\nuntil [ -e runs ]; do sleep 0.1; done"),
    );
    lab.gated_program("bye.sh", "");
    lab.hoist("plan boot demo.toml").exit(0);
    let ending = lab.hoist("plan terminate demo").spawn();
    let gate = lab.await_gate("base");
    lab.staged("base", "told");
    gate.open();
    ending.wait().exit(0).says("base: no scaler runs there now");
    lab.assert_nothing_runs();
}

/// A fleet that keeps one worker.
pub(crate) const FILE: &str = "run = \"demo\"
[workers]
min = 1
max = 1
[cloud]
provider = \"local\"
[machine]
[engine]
name = \"npreserving\"
preserve_n = 1
";

#[test]
fn a_real_scaler_with_a_ledger_of_its_own_is_stopped_and_its_worker_ended() {
    let lab = Lab::new();
    let pid = lab.path("pid").display().to_string();
    let stop = format!("kill -TERM $(cat {pid}); while kill -0 $(cat {pid}) 2> /dev/null; do sleep 0.1; done");
    let elastic = format!("run_on = \"this-host\"\nelastic = {{ stop = [\"sh\", \"-c\", \"{stop}\"] }}");
    lab.file("demo.toml", format!("[[levels]]\n[levels.services.base]\n[levels.services.here]\n{elastic}\n"));
    lab.file("elastic.toml", FILE.replace("run = \"demo\"\n", ""));
    lab.hoist("plan boot demo.toml").exit(0);
    let scaler =
        lab.hoist("elastic run --config elastic.toml --state state/own.db").env("HOIST_RUN", tag(&lab)).spawn();
    lab.file("pid", scaler.id().to_string());
    eventually("the scaler has launched its worker", || (lab.instances().len() == 2).then_some(()));
    lab.hoist("plan status demo").exit(0).says("1 worker of its fleets");
    // Its zombie is gone once somebody waits for it.
    let scaler = std::thread::spawn(move || scaler.wait());
    let ended = lab.hoist("plan terminate demo").exit(0);
    assert_eq!(scaler.join().unwrap().code, Some(143));
    assert!(ended.stderr.contains("here: no scaler runs there now"), "{ended}");
    assert!(ended.stderr.contains("1 worker of run demo on local proved gone"), "{ended}");
    lab.assert_nothing_runs();
}

#[test]
fn a_fleet_file_names_its_run() {
    let lab = lab_with("");
    lab.file("elastic.toml", FILE);
    lab.hoist("elastic once --config elastic.toml").exit(0);
    let listed = lab.hoist("elastic list -o json").exit(0).json();
    assert_eq!(listed["fleets"][0]["parent"], tag(&lab).as_str());
    let (there, ended) = terminate(&lab, "");
    assert!(there == 1 && ended.stderr.contains("fleet elastic: 1 worker: "), "{ended}");
    let refused = lab.hoist("elastic once --config elastic.toml").exit(1);
    assert!(refused.stderr.contains("elastic.toml:1") && refused.stderr.contains("run demo has ended"), "{refused}");
    lab.file("elastic.toml", FILE.replace("demo", "dome"));
    let refused = lab.hoist("elastic once --config elastic.toml").exit(1);
    assert!(refused.stderr.contains("elastic.toml:1") && refused.stderr.contains("hoist plan list"), "{refused}");
    lab.file("elastic.toml", format!("annex = \"a\"\n{FILE}"));
    let refused = lab.hoist("elastic once --config elastic.toml").exit(1);
    assert!(refused.stderr.contains("a fleet belongs to a run or to an annex, not to both"), "{refused}");
    lab.assert_nothing_runs();
}

#[test]
fn a_bad_elastic_table_is_refused_with_its_line() {
    for (elastic, told) in [
        ("elastic = true", "\"elastic\" of service \"base\" must be a table"),
        ("elastic = { stop = [] }", "names no program"),
        ("elastic = { stop = \"systemctl stop x\" }", "must be an array of strings"),
        ("elastic = { timeout = 0 }", "must be longer than 0"),
        ("elastic = { halt = [\"x\"] }", "unknown key \"halt\""),
    ] {
        let lab = Lab::new();
        lab.file("demo.toml", format!("[[levels]]\n[levels.services.base]\n{elastic}\n"));
        let refused = lab.hoist("plan validate demo.toml").exit(1);
        assert!(refused.stderr.contains("demo.toml:3") && refused.stderr.contains(told), "{refused}");
    }
}

#[test]
fn fleets_of_an_annex_end_before_it() {
    let lab = Lab::new();
    lab.file("pilot.sh", "#!/bin/sh\nexit 0\n");
    lab.hoist("annex create foo --cloud local --pool-software none --user-data pilot.sh --yes").exit(0);
    let file = FILE.replace("run = \"demo\"", "annex = \"foo\"");
    lab.file("elastic.toml", &file);
    lab.hoist("elastic once --config elastic.toml").exit(0);
    assert_eq!(lab.instances().len(), 2);
    let ended = lab.hoist("annex delete foo --yes").exit(0);
    for told in ["first 1 worker of fleets of annex foo will end:", "fleet elastic has ended; 1 worker proved gone"] {
        assert!(ended.stderr.contains(told), "{ended}");
    }
    let refused = lab.hoist("elastic once --config elastic.toml").exit(1);
    assert!(refused.stderr.contains("annex foo has ended or is being deleted"), "{refused}");
    lab.file("elastic.toml", file.replace("foo", "fooo"));
    lab.hoist("elastic once --config elastic.toml").exit(1).says("elastic.toml:1");
    lab.assert_nothing_runs();
}
