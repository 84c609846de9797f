//! Machines with their slots and claims.

use hoist::batch::WorkSource as _;
use hoist::elastic::engine::{DrainOwner, MachineId, SlotKind, SlotState};

use crate::pool_tools::lab::block_on;
use crate::work_source::lab::{ALL, MACHINES, Pool, now};

#[test]
fn partitionable_and_static_slots_tell_their_claims_and_since_when_they_are_idle() {
    let Some(pool) = Pool::start() else { return };
    let began = now();
    let _parts = pool.worker("i-parts", "START = TARGET.Proj =!= \"secret\"\nMAXJOBRETIREMENTTIME = 100 * 86400\n");
    let whole = "NUM_SLOTS = 2\nNUM_SLOTS_TYPE_1 = 2\nSLOT_TYPE_1 = 50%\nSLOT_TYPE_1_PARTITIONABLE = False\n";
    let _whole = pool.worker_with_slots("i-whole", whole);
    pool.until_machine("i-whole", "it has both slots", |machine| machine.slots.len() == 2);
    let idle = pool.machine("i-parts").unwrap();
    assert_eq!((idle.claims(), idle.slots.len(), idle.has_served), (0, 1, false));
    assert_eq!((idle.slots[0].kind, idle.slots[0].state), (SlotKind::Partitionable, SlotState::Unclaimed));
    assert!(
        idle.joined_at >= began - 1 && idle.idle_since.is_some_and(|since| since >= idle.joined_at - 1),
        "{idle:?}"
    );
    assert!(idle.drain_spares_jobs && idle.draining.is_none());
    assert_eq!(idle.slots[0].ad.int("Cpus"), Some(2));

    let on = |machine: &str| format!("request_memory = 16\nrequirements = TARGET.HoistInstance == \"{machine}\"\n");
    let until_told = "arguments = \"-c 'until [ -e /run/go ]; do sleep 0.1; done'\"\n";
    pool.submit(&format!("{}{until_told}queue 2", on("i-parts")));
    pool.submit(&format!("{}{until_told}queue 1", on("i-whole")));
    // The machines' START reads an attribute of jobs: jobs are told apart by it from now on.
    pool.submit(&format!("{}+Proj = \"secret\"\nqueue 1", on("i-parts")));
    pool.submit(&format!("{}+Proj = \"open\"\nqueue 1", on("i-nowhere")));
    // What jobs have left to run follows with the next report.
    pool.until_machine("i-parts", "both jobs run", |machine| machine.claims() == 2 && machine.drain_spares_jobs);
    pool.until_machine("i-whole", "one job has a claim", |machine| machine.claims() == 1);
    let whole = pool.machine("i-whole").unwrap();
    let mut states: Vec<_> = whole.slots.iter().map(|slot| (slot.kind, slot.state, slot.claims)).collect();
    states.sort_by_key(|(_, _, claims)| *claims);
    assert_eq!(states, [(SlotKind::Static, SlotState::Unclaimed, 0), (SlotKind::Static, SlotState::Claimed, 1)]);
    assert!(!whole.drain_spares_jobs, "the default ends jobs");
    let parts = pool.machine("i-parts").unwrap();
    assert_eq!((parts.idle_since, parts.has_served, parts.slots[0].ad.int("Cpus")), (None, true, Some(0)));
    assert!(parts.drain_spares_jobs, "{parts:?}");

    let reading = pool.read(ALL);
    let hosts = reading.pool.fresh().unwrap();
    let host =
        |id: &str| hosts.iter().find(|host| host.id.as_str() == id).map(|host| (host.busy, host.slots, host.silent));
    assert_eq!((host("i-parts"), host("i-whole")), (Some((2, 2, false)), Some((1, 2, false))));
    let projects = |name: &str| {
        reading
            .groups
            .fresh()
            .unwrap()
            .iter()
            .filter(|group| group.ad.text("Proj") == Some(name))
            .map(|group| group.count)
            .sum::<u64>()
    };
    assert_eq!((projects("secret"), projects("open")), (1, 1), "{:?}", reading.groups);
    // Jobs name the machines by this attribute, so slots keep it.
    assert_eq!(reading.slots.fresh().unwrap()[0].slots[0].ad.text("HoistInstance"), Some("i-parts"));
}

#[test]
fn a_machine_that_leaves_looks_free_and_is_not_and_a_ghost_is_forgotten() {
    let Some(pool) = Pool::start() else { return };
    let busy = pool.worker("i-leaving", "MAXJOBRETIREMENTTIME = 100 * 86400\n");
    let ghost = pool.worker("i-ghost", "");
    let stays = pool.worker("i-stays", "");
    pool.submit(
        "request_memory = 16\nrequirements = TARGET.HoistInstance == \"i-leaving\"\n\
        arguments = \"-c 'until [ -e /run/go ]; do sleep 0.1; done'\"\nqueue",
    );
    pool.until_machine("i-leaving", "the job has a claim", |machine| machine.claims() == 1);
    let name = format!("{}.lab", busy.address.replace('.', "-"));
    pool.manager.must("admin", &format!("condor_off -peaceful -startd -name {name}"));
    pool.until_machine("i-leaving", "it leaves", |machine| machine.draining.is_some());
    let leaving = pool.machine("i-leaving").unwrap();
    let drain = leaving.draining.clone().unwrap();
    assert_eq!((drain.by, drain.reason.as_deref()), (DrainOwner::Person, Some("condor_off -peaceful")));
    assert_eq!((leaving.slots[0].state, leaving.claims()), (SlotState::Closed, 1));
    let cancelled =
        block_on(pool.source.cancel_drain(std::slice::from_ref(&leaving.id), crate::work_source::lab::MARK));
    let error = cancelled[0].1.as_ref().unwrap_err();
    assert!(error.message.contains("nothing revokes"), "{error}");

    // All of it ends at once, as a cloud ends a machine.
    drop(ghost);
    assert!(pool.machine("i-ghost").is_some(), "the collector keeps its ads");
    block_on(pool.source.forget(&[MachineId::new("i-ghost"), MachineId::new("i-never")])).unwrap();
    let ids: Vec<String> =
        pool.read(MACHINES).slots.fresh().unwrap().iter().map(|machine| machine.id.to_string()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(!ids.contains(&"i-ghost".to_owned()));
    let kept = "condor_status -any -af MyType -constraint 'HoistInstance == \"i-ghost\"'";
    assert_eq!(pool.manager.must("admin", kept).trim(), "");
    drop(stays);
}
