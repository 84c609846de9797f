use proptest::prelude::*;

use super::world::{World, group, kind, words};
use crate::elastic::engine::{ClassadConfig, Decision, DrainMode, DrainOwner, Money, Seconds};

/// A machine at the begin: kind, claims, who drains it, idle time, whether the pool shows it.
type Start = (bool, u32, u8, Seconds, bool);

fn start() -> impl Strategy<Value = Start> {
    (any::<bool>(), 0_u32..3, 0_u8..4, 0_i64..1000, prop::bool::weighted(0.9))
}

fn settings() -> impl Strategy<Value = ClassadConfig> {
    let numbers = (0_u64..3, 3_u64..12, 0_u64..3, 1_u64..9, prop::option::of(0_i64..3_000_000));
    let modes = prop_oneof![Just(DrainMode::Drain), Just(DrainMode::IdleOnly), Just(DrainMode::Now)];
    (numbers, modes, prop::option::of(0_u64..6), 0_i64..400).prop_map(|(numbers, drain_mode, of_kind, idle)| {
        let (min, max, min_idle, rate, hourly) = numbers;
        let mut large = kind("large", 4, 300_000);
        large.max = of_kind;
        ClassadConfig {
            min,
            max,
            min_idle,
            idle,
            drain_mode,
            launches_per_minute: Some(rate),
            budget_per_hour: hourly.map(Money::from_millionths),
            kinds: vec![large, kind("small", 1, 100_000)],
            ..ClassadConfig::default()
        }
    })
}

fn world(config: ClassadConfig, machines: &[Start], jobs: (u64, u64)) -> World {
    let mut world = World::new(config);
    for (large, claims, drained, idle, visible) in machines {
        let place = world.add(if *large { "large" } else { "small" }, (*claims).min(if *large { 3 } else { 1 }));
        let fake = &mut world.machines[place];
        fake.idle_since = fake.idle_since.map(|now| now - idle);
        fake.draining = [None, None, Some(DrainOwner::Scaler), Some(DrainOwner::Person)][usize::from(*drained)];
        (fake.visible, fake.seen) = (*visible, false);
        if !visible {
            (fake.claims, fake.draining) = (0, None);
        }
    }
    world.groups = vec![
        group("any", jobs.0, "TARGET.Memory >= RequestMemory", world.now - 100),
        group("large", jobs.1, "TARGET.Cpus >= 2 && TARGET.Memory < 3900", world.now - 100),
    ];
    world
}

/// Checks the decisions of a pass against the machines as they were before it.
fn check(before: &World, decisions: &[Decision]) -> Result<(), TestCaseError> {
    let fake = |id: &crate::elastic::engine::MachineId| before.machines.iter().find(|fake| fake.id == *id).unwrap();
    for decision in decisions {
        match decision {
            Decision::Terminate(end) => {
                for machine in end.machines.iter().map(fake) {
                    prop_assert_eq!(machine.claims, 0, "{:?}", machine);
                    prop_assert_ne!(machine.draining, Some(DrainOwner::Person), "{:?}", machine);
                    prop_assert!(machine.own && machine.state.is_live(), "{:?}", machine);
                }
            }
            Decision::Drain(drain) => {
                for machine in drain.machines.iter().map(fake) {
                    prop_assert_eq!(machine.draining, None, "{:?}", machine);
                    prop_assert!(machine.claims == 0 || !drain.unclaimed_only, "{:?}", machine);
                }
            }
            Decision::CancelDrain(cancel) => {
                for machine in cancel.machines.iter().map(fake) {
                    prop_assert_eq!(machine.draining, Some(DrainOwner::Scaler), "{:?}", machine);
                }
            }
            Decision::Launch(launch) => prop_assert!(launch.count > 0),
        }
    }
    Ok(())
}

fn snapshot(world: &World) -> World {
    let mut copy = World::new(world.engine.config().clone());
    (copy.now, copy.machines, copy.groups) = (world.now, world.machines.clone(), world.groups.clone());
    copy
}

/// Checks that launches did not exceed a limit. Machines that were there before may.
fn within_limits(before: &World, after: &World) -> Result<(), TestCaseError> {
    let config = after.engine.config();
    let launched = after.machines.len() - before.machines.len();
    if launched == 0 {
        return Ok(());
    }
    let of = |name: &str| after.machines[before.machines.len()..].iter().filter(|fake| &*fake.kind == name).count();
    let live = before.live("") + launched;
    prop_assert!(live as u64 <= config.max, "{live} of {}", config.max);
    for kind in &config.kinds {
        let live = before.live(&kind.name) + of(&kind.name);
        prop_assert!(of(&kind.name) == 0 || kind.max.is_none_or(|max| live as u64 <= max));
    }
    if let Some(budget) = config.budget_per_hour {
        let price = |world: &World| (world.live("large") * 300_000 + world.live("small") * 100_000) as i64;
        let new = (of("large") * 300_000 + of("small") * 100_000) as i64;
        prop_assert!(price(before) + new <= budget.millionths());
    }
    prop_assert!(launched as u64 <= config.launches_per_minute.unwrap());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_pass_keeps_to_the_limits_and_spares_claims_and_persons(
        config in settings(),
        machines in prop::collection::vec(start(), 0..8),
        jobs in (0_u64..30, 0_u64..10),
        steps in prop::collection::vec((1_i64..400, 0_u8..6), 1..25),
    ) {
        let mut world = world(config, &machines, jobs);
        for (seconds, event) in steps {
            world.now += seconds;
            match event {
                0 => world.start_jobs(),
                1 => world.machines.iter_mut().for_each(|fake| {
                    if fake.claims > 0 && fake.state.is_live() {
                        (fake.claims, fake.idle_since) = (0, Some(world.now));
                    }
                }),
                2 => world.groups[0].count += 5,
                3 => world.fails = [false, true, false],
                4 => world.machines.iter_mut().take(3).for_each(|fake| fake.visible ^= fake.seen),
                _ => world.fails = [false; 3],
            }
            let before = snapshot(&world);
            let fails = world.fails;
            let pass = world.pass();
            check(&before, &pass.decisions)?;
            within_limits(&before, &world)?;
            prop_assert!(fails == [false; 3] || pass.decisions.is_empty());
        }
    }

    #[test]
    fn on_constant_input_the_second_pass_does_nothing(
        config in settings(),
        machines in prop::collection::vec(start(), 0..8),
        jobs in (0_u64..30, 0_u64..10),
    ) {
        let config = ClassadConfig { launches_per_minute: Some(1000), ..config };
        let mut world = world(config, &machines, jobs);
        let first = words(&world.pass());
        if !first.iter().any(|word| word.starts_with("drain") || word.starts_with("terminate")) {
            let second = world.pass();
            prop_assert!(second.decisions.is_empty(), "{first:?}, then {:?}", words(&second));
        }
        // Machines that go make place for others, at most a few times.
        let rest: Vec<_> = (0..6).map(|_| words(&world.pass())).collect();
        prop_assert!(rest[4..].iter().all(Vec::is_empty), "{first:?}, then {rest:?}");
    }

    #[test]
    fn minima_are_restored(config in settings(), jobs in 0_u64..5) {
        let config = ClassadConfig { budget_per_hour: None, launches_per_minute: None, ..config };
        let wanted = config.min.max(config.min_idle);
        let mut world = world(config, &[], (jobs, 0));
        for _ in 0..20 {
            world.pass();
            world.now += 100;
            world.start_jobs();
        }
        prop_assert!(world.live("") as u64 >= wanted, "{} of {wanted}", world.live(""));
    }
}
