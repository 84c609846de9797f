//! `hoist orphans` and the workers of fleets.

use std::path::Path;

use hoist::cloud::local::{LocalCloud, LocalCloudConfig};
use hoist::elastic::engine::{MachineId, Reason};
use hoist::plan::CloudConfig;
use hoist::provider::{Cloud as _, LaunchRequest, TAG_EXPIRES, TAG_FLEET, TAG_INTENT, TAG_OWNER, TAG_RUN, TAG_STATE};
use hoist::scaler::{FleetBatch, FleetEvent, FleetId, FleetJournal, LaunchIntent, NewWorker};
use hoist::state::{Owner, StateFile};
use jiff::{SignedDuration, Timestamp};

use crate::lab::Lab;

/// Runs something on a runtime of its own.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn record(journal: &dyn FleetJournal, event: FleetEvent) {
    run(journal.record(&FleetBatch::events(Timestamp::now(), vec![event]))).unwrap();
}

/// Launches a worker on the local cloud of the lab, as a scaler does; returns its id.
fn launch(lab: &Lab, fleet: &FleetId, token: &str, state: &str) -> String {
    let init_program = hoist_test_support::place::hoist().into();
    let config = LocalCloudConfig { root: lab.path("state/local"), init_program, namespaces: true };
    let cloud = LocalCloud::of_state_file(config, lab.state()).unwrap();
    let end = Timestamp::now() + SignedDuration::from_mins(30);
    let tags = [
        (TAG_RUN, fleet.tag()),
        (TAG_FLEET, fleet.tag()),
        (TAG_INTENT, token.to_owned()),
        (TAG_OWNER, Owner::current().to_string()),
        (TAG_STATE, state.to_owned()),
        (TAG_EXPIRES, end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ];
    let request = LaunchRequest {
        token: token.to_owned(),
        slots: vec!["render-1".to_owned()],
        tags: tags.map(|(name, value)| (name.to_owned(), value)).into(),
        expires_at: Some(end),
        ..LaunchRequest::default()
    };
    run(cloud.launch(&request)).unwrap().instances.remove(0).id
}

fn intent(token: &str) -> FleetEvent {
    let intent = LaunchIntent {
        token: token.to_owned(),
        decision: 0,
        kind: "small".into(),
        names: vec!["render-1".to_owned()],
        offers: Vec::new(),
        slot: None,
        variables: Default::default(),
        expires_at: Timestamp::now(),
        price: None,
        owner: Owner::current().to_string(),
        state: None,
        digest: String::new(),
        reason: Reason::Error { failed: 1 },
    };
    FleetEvent::LaunchIntended { intent: Box::new(intent) }
}

#[test]
fn workers_of_a_fleet_are_orphans_once_it_has_ended_and_not_before() {
    let lab = Lab::new();
    let state = StateFile::open(&lab.state()).unwrap();
    let lock = state.create_fleet(&"render".parse().unwrap(), &Owner::current()).unwrap();
    let journal = lock.journal();
    record(
        journal.as_ref(),
        FleetEvent::Configured {
            path: lab.path("elastic.toml"),
            text: String::new(),
            cloud: Box::new(CloudConfig::local()),
            parent: None,
            parent_service: None,
        },
    );
    record(journal.as_ref(), intent("token-1"));
    let id = launch(&lab, lock.id(), "token-1", &state.id().unwrap());
    // The answer of the launch is not recorded yet.
    lab.hoist("orphans").exit(0).says_all(&["no orphans in local"]);
    let worker = NewWorker { index: 0, id: MachineId::new(id.as_str()), launched_at: Timestamp::now(), offer: None };
    record(
        journal.as_ref(),
        FleetEvent::Launched { token: "token-1".to_owned(), workers: vec![worker], refusals: Vec::new(), error: None },
    );
    for flags in ["", "--terminate --yes", "--terminate --yes --other-states --all-owners"] {
        lab.hoist(&format!("orphans {flags}")).exit(0).says_all(&["no orphans in local"]);
        // Another state file sees who looks after it.
        let other = lab.hoist(&format!("orphans {flags} --state state/other.db")).exit(0);
        let told =
            other.stdout.contains("looked after: machine ") && other.stdout.contains(" of fleet render in local");
        assert!(told && other.stdout.contains("hoist elastic list"), "{other}");
    }
    assert_eq!(lab.instances().len(), 1);

    record(journal.as_ref(), FleetEvent::StopIntended { keep_workers: true, now: false });
    record(journal.as_ref(), FleetEvent::Ended { kept: vec![MachineId::new(id.as_str())] });
    drop((journal, lock, state));
    let told = lab.hoist("orphans").exit(2);
    let why = "its fleet has ended, or goes on without it; its lease ends in 30 m";
    assert!(told.stdout.contains(why) && told.stdout.contains("fleet render"), "{told}");
    let document = lab.hoist("orphans -o json").exit(2).json();
    let orphan = &document["orphans"][0];
    assert_eq!(
        (&orphan["instance_id"], &orphan["fleet"], &orphan["why"]),
        (&id.into(), &"render".into(), &"unused".into())
    );
    assert!(orphan["expires_at"].is_string() && orphan["run"].as_str().unwrap().starts_with("fleet/render/"));
    lab.hoist("orphans --terminate --yes").exit(0);
    lab.hoist("orphans").exit(0).says_all(&["no orphans in local"]);
    lab.assert_nothing_runs();
}

#[test]
fn workers_of_a_fleet_that_nobody_knows_are_ended_only_by_who_says_so() {
    let lab = Lab::new();
    let fleet = FleetId { name: "far".parse().unwrap(), nonce: "0123456789ab".to_owned() };
    launch(&lab, &fleet, "token-2", "another-state");
    assert!(!Path::new(&lab.state()).exists());
    let told = lab.hoist("orphans").exit(2);
    assert!(told.stdout.contains("yours, of a fleet that this state file does not know"), "{told}");
    lab.hoist("orphans --terminate --yes").exit(3);
    assert_eq!(lab.instances().len(), 1);
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    lab.assert_nothing_runs();
}
