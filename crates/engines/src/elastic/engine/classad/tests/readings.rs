use super::world::{World, group, kind, words};
use crate::elastic::engine::{ClassadConfig, Limit, Note};

fn busy_world() -> World {
    let kinds = vec![kind("a", 4, 1)];
    let mut world = World::new(ClassadConfig { max: 9, min: 4, deploy_time: 600, kinds, ..ClassadConfig::default() });
    world.add_many("a", 3);
    world.groups = vec![group("g", 99, "true", 0)];
    world
}

#[test]
fn a_stale_or_failed_source_neither_grows_nor_shrinks_the_fleet() {
    for source in 0..3 {
        let mut world = busy_world();
        world.fails[source] = true;
        for _ in 0..3 {
            let pass = world.pass_after(4000);
            assert!(pass.decisions.is_empty(), "{source}: {:?}", words(&pass));
            assert!(pass.notes.iter().any(|note| matches!(note, Note::Held { .. })));
        }
        world.fails[source] = false;
        assert_eq!(words(&world.pass_after(15)), ["launch 6 a queue"]);
    }
}

#[test]
fn machines_that_never_joined_are_ended_only_with_fresh_readings_of_cloud_and_pool() {
    for (source, ended) in [(0, true), (1, false), (2, false)] {
        let mut world = busy_world();
        world.boot = None;
        world.pass();
        world.fails[source] = true;
        let pass = world.pass_after(601);
        assert_eq!(words(&pass).contains(&"terminate 6 never_joined".to_owned()), ended, "{source}");
    }
}

#[test]
fn a_stale_source_is_named_with_its_age() {
    let mut world = busy_world();
    world.fails[2] = true;
    let by = Limit::StaleReading { source: "slots".into(), age: 60, allowed: 0 };
    assert!(world.pass().notes.contains(&Note::Held { by }));
}
