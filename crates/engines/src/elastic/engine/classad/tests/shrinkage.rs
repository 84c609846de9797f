use super::world::{World, fates, group, kind, words};
use crate::elastic::engine::{ClassadConfig, DrainMode, DrainOwner, Fate, Limit, MachineState, Memory, Money, Note};

const ANY: &str = "TARGET.Memory >= RequestMemory";

fn world(config: ClassadConfig) -> World {
    World::new(ClassadConfig { max: 10, kinds: vec![kind("a", 4, 100_000)], ..config })
}

#[test]
fn an_idle_machine_goes_in_two_steps() {
    let mut world = world(ClassadConfig::default());
    world.add("a", 0);
    assert!(world.pass().decisions.is_empty());
    assert!(world.pass_after(299).decisions.is_empty());
    assert_eq!(words(&world.pass_after(1)), ["drain 1 idle"]);
    assert_eq!(words(&world.pass_after(15)), ["terminate 1 drained"]);
    assert!(world.pass_after(15).decisions.is_empty());
}

#[test]
fn a_job_that_slipped_in_runs_to_its_end() {
    let mut world = world(ClassadConfig::default());
    world.add("a", 0);
    world.pass();
    assert_eq!(words(&world.pass_after(300)), ["drain 1 idle"]);
    world.machines[0].claims = 1;
    assert!(world.pass_after(15).decisions.is_empty());
    world.machines[0].claims = 0;
    assert_eq!(words(&world.pass_after(15)), ["terminate 1 drained"]);
}

#[test]
fn idle_only_gives_a_machine_with_a_claim_back() {
    let mut world = world(ClassadConfig { drain_mode: DrainMode::IdleOnly, ..ClassadConfig::default() });
    world.add("a", 0);
    world.pass();
    world.pass_after(300);
    world.machines[0].claims = 1;
    assert_eq!(words(&world.pass_after(15)), ["cancel 1 claimed_again"]);
}

#[test]
fn a_pool_that_cannot_drain_loses_machines_without_a_claim_at_once() {
    let mut world = world(ClassadConfig { drain_mode: DrainMode::Now, ..ClassadConfig::default() });
    world.add("a", 0);
    world.add("a", 1);
    world.pass();
    assert_eq!(words(&world.pass_after(300)), ["terminate 1 idle"]);
}

#[test]
fn own_drains_are_cancelled_before_machines_are_launched() {
    let mut world = world(ClassadConfig::default());
    for (claims, by) in [(1, DrainOwner::Scaler), (0, DrainOwner::Person)] {
        let place = world.add("a", claims);
        world.machines[place].draining = Some(by);
    }
    world.add("a", 4);
    world.pass();
    world.groups = vec![group("g", 4, ANY, world.now - 60)];
    let pass = world.pass_after(15);
    assert_eq!(words(&pass), ["cancel 1 demand_returned", "launch 1 a queue"]);
    assert_eq!(fates(&pass, "g"), [(3, Fate::DrainCancelled), (1, Fate::New { kind: "a".into() })]);
}

#[test]
fn a_persons_drain_stays_and_its_machine_is_never_ended() {
    let mut world = world(ClassadConfig::default());
    world.add("a", 0);
    world.machines[0].draining = Some(DrainOwner::Person);
    world.pass();
    world.groups = vec![group("g", 1, ANY, world.now)];
    for _ in 0..5 {
        let pass = world.pass_after(1000);
        assert!(words(&pass).iter().all(|word| word.starts_with("launch")), "{:?}", words(&pass));
        world.groups.clear();
        world.machines.truncate(1);
    }
}

#[test]
fn what_a_minimum_or_waiting_work_needs_stays() {
    let mut world = world(ClassadConfig { min: 1, min_idle: 1, ..ClassadConfig::default() });
    world.add_many("a", 4);
    world.pass();
    world.groups = vec![group("g", 4, ANY, world.now)];
    let pass = world.pass_after(301);
    assert_eq!(words(&pass), ["drain 2 idle"]);
    assert!(pass.notes.contains(&Note::IdleKept { idle: 3, ended: 2, minimum: 1 }));
    assert_eq!(words(&world.pass_after(15)), ["terminate 2 drained"]);
    assert!(world.pass_after(1000).decisions.is_empty());
}

#[test]
fn a_new_machine_has_a_grace_until_its_first_claim() {
    let config = ClassadConfig { idle: 10, grace: 200, cooldown: 0, ..ClassadConfig::default() };
    let mut world = world(config);
    world.groups = vec![group("g", 1, ANY, 0)];
    assert_eq!(words(&world.pass()), ["launch 1 a queue"]);
    world.groups.clear();
    assert!(world.pass_after(120).decisions.is_empty());
    assert!(world.pass_after(199).decisions.is_empty());
    assert_eq!(words(&world.pass_after(1)), ["drain 1 idle"]);
}

#[test]
fn the_idle_clock_survives_a_restart_and_follows_the_pools() {
    let mut world = world(ClassadConfig::default());
    world.add("a", 0);
    world.machines[0].idle_since = None;
    world.pass();
    let stored = serde_json::to_string(&world.memory).unwrap();
    world.memory = serde_json::from_str::<Option<Memory>>(&stored).unwrap();
    assert_eq!(words(&world.pass_after(300)), ["drain 1 idle"]);
    world.machines[0].draining = None;
    world.machines[0].idle_since = Some(world.now + 200);
    world.now += 200;
    assert!(world.pass().decisions.is_empty());
}

#[test]
fn a_sudden_fall_of_the_pool_freezes_shrinkage_and_says_so() {
    let mut world = world(ClassadConfig { lost_time: 100, ..ClassadConfig::default() });
    world.add_many("a", 6);
    world.pass();
    world.machines.iter_mut().take(4).for_each(|fake| fake.visible = false);
    for seconds in [400, 400, 499] {
        let pass = world.pass_after(seconds);
        assert!(pass.decisions.is_empty(), "{:?}", words(&pass));
        assert!(
            pass.notes.iter().any(|note| {
                matches!(note, Note::Held { by: Limit::Fall { missing: 4, before: 6, until: 11_300 } })
            })
        );
    }
    world.machines.iter_mut().for_each(|fake| fake.visible = true);
    assert_eq!(words(&world.pass_after(15)).len(), 1);
}

#[test]
fn a_machine_that_is_missing_from_the_pool_is_ended_after_a_jobs_lease_unless_it_had_a_claim() {
    let config = ClassadConfig { idle: 9000, ..ClassadConfig::default() };
    let mut world = world(config);
    for claims in [0, 1, 1, 1, 1] {
        world.add("a", claims);
    }
    world.pass();
    world.machines.iter_mut().take(2).for_each(|fake| fake.visible = false);
    let pass = world.pass_after(15);
    assert!(pass.decisions.is_empty());
    assert!(pass.notes.iter().any(|note| matches!(note, Note::EndPostponed { .. })));
    assert!(world.pass_after(2400).decisions.is_empty());
    assert_eq!(words(&world.pass_after(1)), ["terminate 1 lost"]);
}

#[test]
fn a_machine_that_left_by_itself_is_no_failure() {
    let mut world = world(ClassadConfig::default());
    world.add("a", 0);
    world.pass();
    world.machines[0].state = MachineState::Gone;
    world.pass_after(15);
    world.groups = vec![group("g", 4, ANY, 0)];
    assert_eq!(words(&world.pass_after(15)), ["launch 1 a queue"]);
}

#[test]
fn a_lower_maximum_drains_idle_machines_first_and_busy_ones_without_loss() {
    let mut world = world(ClassadConfig::default());
    for claims in [2, 0, 4] {
        world.add("a", claims);
    }
    world.engine = World::new(ClassadConfig { max: 1, kinds: vec![kind("a", 4, 1)], ..Default::default() }).engine;
    assert_eq!(words(&world.pass()), ["drain 1 max", "drain 1 max"]);
    let drained: Vec<_> = world.machines.iter().map(|fake| fake.draining.is_some()).collect();
    assert_eq!(drained, [true, true, false]);
    assert_eq!(words(&world.pass_after(15)), ["terminate 1 drained"]);
    assert!(world.pass_after(15).decisions.is_empty());
}

#[test]
fn a_spent_budget_takes_every_machine_out() {
    let mut world = world(ClassadConfig { budget: Money::from_units(0.3), min: 1, ..ClassadConfig::default() });
    assert_eq!(words(&world.pass()), ["launch 1 a min"]);
    assert!(world.pass_after(3600).decisions.is_empty());
    assert!(world.pass_after(3600).decisions.is_empty());
    assert_eq!(words(&world.pass_after(3600)), ["drain 1 budget"]);
    assert_eq!(words(&world.pass_after(15)), ["terminate 1 drained"]);
    assert!(world.pass_after(15).decisions.is_empty());
}
