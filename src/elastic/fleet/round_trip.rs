use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::elastic::engine::Money;
use crate::plan::{Market, SecretSource};

fn pause() -> impl Strategy<Value = Duration> {
    (0_u64..=365 * 24 * 3600).prop_map(Duration::from_secs)
}

fn duration() -> impl Strategy<Value = Duration> {
    (1_u64..=365 * 24 * 3600).prop_map(Duration::from_secs)
}

/// A line of any characters.
fn line() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{1,12}".prop_filter("a blank line", |text| !text.trim().is_empty())
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9_-]{0,6}([.][a-z0-9]{1,3})?".prop_filter("the unnamed kind", |name| name != "machine")
}

/// A table of any texts.
fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(any::<String>(), any::<String>(), 0..3)
}

fn price() -> impl Strategy<Value = Option<Money>> {
    option::of((1_i64..=1_000_000_000_000_000).prop_map(Money::from_millionths))
}

fn size() -> impl Strategy<Value = Option<Size>> {
    option::of((1_u64..=1 << 30).prop_map(|size| Size::from_mebibytes(size).unwrap()))
}

prop_compose! {
    fn workers()(
        numbers in (0_u32..=50_000, 50_000_u32..=100_000, 1_u32..=100_000),
        times in (duration(), pause(), duration()),
    ) -> Workers {
        Workers {
            min: numbers.0,
            max: numbers.1,
            jobs_per_worker: numbers.2,
            idle: times.0,
            waiting_time: times.1,
            deploy_time: times.2,
        }
    }
}

prop_compose! {
    fn figures()(
        cpus in option::of(1_u32..=100_000),
        sizes in (size(), size()),
        gpus in option::of(0_u32..=100_000),
        slots in option::of(1_u32..=100_000),
        attributes in btree_map("X[a-z_]{0,5}", "[1-9][0-9]{0,3}|\"[a-z]{0,4}\"|Cpus [*] 2", 0..3),
    ) -> MachineFigures {
        MachineFigures { cpus, memory: sizes.0, disk: sizes.1, gpus, slots, attributes }
    }
}

prop_compose! {
    fn machine()(
        given in vec(option::of(line()), 6),
        (security_groups, other_types, zones) in (vec(line(), 0..3), vec(line(), 0..3), vec(line(), 0..3)),
        tags in texts(),
        market in option::of(prop_oneof![Just(Market::Spot), Just(Market::OnDemand)]),
        prices in (price(), price()),
        limits in (option::of(0_u32..=100), option::of(100_u32..=100_000)),
        figures in figures(),
    ) -> MachineKind {
        MachineKind {
            image: given[0].clone(),
            instance_type: given[1].clone(),
            other_types: if given[1].is_some() { other_types } else { Vec::new() },
            key_name: given[2].clone(),
            subnet: given[3].clone().filter(|_| zones.is_empty()),
            zones,
            security_groups,
            instance_profile: given[4].clone(),
            user_data: given[5].clone(),
            tags,
            market,
            max_price: prices.0.filter(|_| market == Some(Market::Spot)),
            price: prices.1,
            min: limits.0,
            max: limits.1,
            figures,
        }
    }
}

prop_compose! {
    fn queue()(
        kind in 0..QueueKind::ALL.len(),
        texts in (line(), line(), option::of(line())),
        program in vec("[^\0]{1,8}", 1..3),
        password in option::of(prop_oneof![
            "[A-Z_][A-Z0-9_]{0,8}".prop_map(SecretSource::Env),
            "/[^\0/.~]{1,8}".prop_map(|path| SecretSource::File(path.into())),
        ]),
    ) -> FleetQueue {
        let kind = QueueKind::ALL[kind].1;
        let keys = kind.keys();
        let has = |key: &str| keys.needs.contains(&key) || keys.may.contains(&key);
        FleetQueue {
            kind,
            pool: texts.2.clone().filter(|_| has("pool")),
            url: keys.schemes.last().map(|scheme| format!("{scheme}://host:1/a?b")),
            queue: has("queue").then_some(texts.0),
            field: texts.2.clone().filter(|_| has("field")),
            path: has("path").then_some(texts.1),
            program: if has("program") { program } else { Vec::new() },
            user: texts.2.filter(|_| has("user")),
            password: password.filter(|_| has("password")),
        }
    }
}

fn engine(kind: QueueKind) -> impl Strategy<Value = FleetEngine> {
    let own = match kind {
        QueueKind::Coalition => (pause(), pause())
            .prop_map(|(start_delay, minimum_lifetime)| {
                FleetEngine::Coalition(CoalitionSettings { start_delay, minimum_lifetime })
            })
            .boxed(),
        QueueKind::Htcondor => (0..DrainMode::ALL.len())
            .prop_map(|mode| FleetEngine::Classad(ClassadSettings { drain_mode: DrainMode::ALL[mode].1 }))
            .boxed(),
        QueueKind::Rabbitmq | QueueKind::Redis | QueueKind::Sqs => (1000_u32..=1_000_000_000, 0_u32..=1000, texts())
            .prop_map(|(high, low, variables)| FleetEngine::Queuelen(QueuelenSettings { high, low, variables }))
            .boxed(),
        _ => (duration(), duration(), duration(), 0_u32..=1_000_000_000)
            .prop_map(|(queue_every, machines_every, errors_every, waiting_threshold)| {
                let settings = ElastiqSettings { queue_every, machines_every, errors_every, waiting_threshold };
                FleetEngine::Elastiq(settings)
            })
            .boxed(),
    };
    prop_oneof![
        own,
        (3_u32..=50_000, btree_map(name(), texts(), 0..3), texts()).prop_map(|(preserve_n, unique, variables)| {
            FleetEngine::Npreserving(NpreservingSettings { preserve_n, unique, variables })
        }),
        (1000_u32..=1_000_000_000, 0_u32..=1000, texts())
            .prop_map(|(high, low, variables)| FleetEngine::Queuelen(QueuelenSettings { high, low, variables })),
        (vec("[^\0]{1,8}", 1..3), duration())
            .prop_map(|(program, timeout)| FleetEngine::Command(CommandSettings { program, timeout })),
    ]
}

prop_compose! {
    fn schedule()(
        days in prop_oneof![Just(""), Just("mon-fri "), Just("sat,sun "), Just("tue,fri-mon ")],
        start in 0_u32..1440,
        length in 1_u32..1440,
        zone in prop_oneof![Just("UTC"), Just("Europe/Rome"), Just("")],
        limits in (option::of(0_u32..=50_000), 50_000_u32..=100_000),
    ) -> Schedule {
        let end = (start + length) % 1440;
        let when = format!("{days}{:02}:{:02}-{:02}:{:02} {zone}", start / 60, start % 60, end / 60, end % 60);
        Schedule { when: when.parse().unwrap(), min: limits.0, max: Some(limits.1) }
    }
}

prop_compose! {
    fn limits()(
        launches_per_minute in 1_u32..=100_000,
        prices in (price(), price()),
        min_idle in 0_u32..=50_000,
        grace in pause(),
        freeze_fall in 1_u8..=100,
    ) -> FleetLimits {
        let (budget, budget_per_hour) = prices;
        FleetLimits { launches_per_minute, budget, budget_per_hour, min_idle, grace, freeze_fall }
    }
}

prop_compose! {
    fn fleet()(queue in queue())(
        engine in engine(queue.kind),
        queue in Just(queue),
        name in option::of(name()),
        parent in option::of((any::<bool>(), name())),
        workers in workers(),
        cloud in (0..3_usize, option::of(line()), any::<bool>()),
        machine in option::of(machine()),
        machines in btree_map(name(), machine(), 1..3),
        limits in limits(),
        lease in (duration(), pause()),
        schedules in vec(schedule(), 0..3),
    ) -> FleetFile {
        let cloud = FleetCloud {
            region: cloud.1,
            endpoint: cloud.2.then(|| "https://cloud.example:8080/a".to_owned()),
            compatible: cloud.2,
            ..FleetCloud::new(["ec2", "gce", "local"][cloud.0])
        };
        let lease = WorkerLease { length: lease.0, grace: lease.1 };
        let parent = parent.map(|(is_run, name)| if is_run { FleetParent::Run(name) } else { FleetParent::Annex(name) });
        let queue = Some(queue);
        // Kinds that together allow fewer workers than the minimum are refused.
        let most = machine.iter().chain(machines.values()).map(|kind| kind.max).sum::<Option<u32>>();
        let workers = Workers { min: workers.min.min(most.unwrap_or(u32::MAX)), ..workers };
        FleetFile { name, parent, workers, queue, cloud, machine, machines, engine, limits, lease, schedules }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_reads_back(fleet in fleet()) {
        let text = fleet.to_toml();
        let read = FleetFile::parse(&text, Path::new("/etc/hoist/elastic.toml"));
        prop_assert!(read.is_ok(), "{}\n{text}", read.unwrap_err());
        prop_assert_eq!(read.unwrap(), fleet);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([\\[]{1,2}(workers|queue|cloud|machine|engine|schedule)[\\]]{1,2}\n|(name|kind|min|when|url) = (1|-1|\"[a-z:/ -]{0,9}\"|\\{ a = 1 \\})\n|\\PC{0,5}){0,12}") {
        drop(FleetFile::parse(&text, Path::new("elastic.toml")));
    }
}
