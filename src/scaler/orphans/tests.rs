use super::*;
use crate::elastic::engine::{MachineId, Reason};
use crate::plan::Plan;
use crate::provider::{InstanceState, TAG_EXPIRES};
use crate::scaler::{FleetEvent, LaunchIntent, NewWorker};

fn now() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

fn fleet_id(nonce: &str) -> FleetId {
    FleetId { name: "render".parse().unwrap(), nonce: nonce.to_owned() }
}

fn worker(id: &str, fleet: &FleetId, token: &str) -> Instance {
    let tags = [(TAG_RUN, fleet.tag()), (TAG_FLEET, fleet.tag()), (TAG_INTENT, token.to_owned())];
    Instance {
        id: id.to_owned(),
        state: InstanceState::Running,
        address: None,
        private_address: None,
        launch_index: 0,
        tags: tags.map(|(name, value)| (name.to_owned(), value)).into(),
        launched_at: now(),
        reason: None,
        offer: None,
    }
}

fn with_tag(mut instance: Instance, name: &str, value: &str) -> Instance {
    instance.tags.insert(name.to_owned(), value.to_owned());
    instance
}

/// A fleet with the worker i-1 of the launch t-1.
fn fleet() -> Fleet {
    let mut fleet = Fleet::new(fleet_id("0123456789ab"), now());
    fleet.apply(now(), &FleetEvent::LaunchIntended { intent: Box::new(intent("t-1")) });
    let i_1 = NewWorker { index: 0, id: MachineId::new("i-1"), launched_at: now(), offer: None };
    let launched =
        FleetEvent::Launched { token: "t-1".to_owned(), workers: vec![i_1], refusals: Vec::new(), error: None };
    fleet.apply(now(), &launched);
    fleet
}

fn intent(token: &str) -> LaunchIntent {
    LaunchIntent {
        token: token.to_owned(),
        decision: 0,
        kind: "small".into(),
        names: vec!["render-1".to_owned()],
        offers: Vec::new(),
        slot: None,
        variables: BTreeMap::new(),
        expires_at: now(),
        price: None,
        owner: "me@here".to_owned(),
        state: None,
        digest: String::new(),
        reason: Reason::Error { failed: 1 },
    }
}

fn found(instances: &[Instance], fleets: &[Fleet]) -> Vec<(String, OrphanReason)> {
    let orphans = orphans(instances, &[], fleets, now());
    orphans.into_iter().map(|orphan| (orphan.instance.id, orphan.why)).collect()
}

#[test]
fn a_fleet_that_goes_on_owns_its_workers_and_what_its_launches_may_have_made() {
    let mut fleet = fleet();
    let id = fleet.id.clone();
    fleet.apply(now(), &FleetEvent::LaunchIntended { intent: Box::new(intent("t-2")) });
    let instances = [
        worker("i-1", &id, "t-1"),
        // Its launch's answer was lost: the scaler adopts it.
        worker("i-2", &id, "t-1"),
        worker("i-3", &id, "t-2"),
        worker("i-4", &id, "t-0"),
    ];
    assert_eq!(found(&instances, &[fleet]), [("i-4".to_owned(), OrphanReason::Unused)]);
}

#[test]
fn workers_of_a_fleet_that_has_ended_or_is_not_known_are_orphans() {
    let mut ended = fleet();
    ended.apply(now(), &FleetEvent::Ended { kept: vec![MachineId::new("i-1")] });
    let instances = [worker("i-1", &ended.id, "t-1"), worker("i-5", &fleet_id("ba9876543210"), "t-1")];
    let orphans = [("i-1".to_owned(), OrphanReason::Unused), ("i-5".to_owned(), OrphanReason::Unknown)];
    assert_eq!(found(&instances, &[ended]), orphans);
    // The same name is not the same fleet, and what is gone costs nothing.
    let gone = Instance { state: InstanceState::Terminated, ..instances[1].clone() };
    assert_eq!(found(&[gone], &[fleet()]), []);
}

#[test]
fn a_worker_is_an_orphan_after_its_lease_or_its_journals_word_that_it_is_gone() {
    let mut fleet = fleet();
    let over = "2026-12-01T09:59:59Z";
    let late = with_tag(worker("i-1", &fleet.id, "t-1"), TAG_EXPIRES, over);
    let lease_over = OrphanReason::LeaseOver(over.parse().unwrap());
    assert_eq!(found(&[late], &[fleet.clone()]), [("i-1".to_owned(), lease_over)]);
    fleet.apply(now(), &FleetEvent::Gone { machines: vec![MachineId::new("i-1")] });
    fleet.launched.clear();
    assert_eq!(found(&[worker("i-1", &fleet.id, "t-1")], &[fleet]), [("i-1".to_owned(), OrphanReason::Unused)]);
}

#[test]
fn workers_of_a_run_belong_to_it_though_its_scaler_writes_elsewhere() {
    let far = fleet_id("ba9876543210");
    let plan = Plan {
        name: "pool".to_owned(),
        file: "pool.toml".into(),
        variables: BTreeMap::new(),
        lease: None,
        clouds: BTreeMap::new(),
        levels: Vec::new(),
    };
    let mut run = Run::new("pool-0123456789ab".to_owned(), "pool".to_owned(), plan);
    let worker = with_tag(worker("i-1", &far, "t-1"), TAG_PARENT, &run.id);
    let why = |run: &Run| orphans(std::slice::from_ref(&worker), std::slice::from_ref(run), &[], now());
    assert_eq!(why(&run), []);
    run.ended = true;
    assert_eq!(why(&run)[0].why, OrphanReason::Unused);
}
