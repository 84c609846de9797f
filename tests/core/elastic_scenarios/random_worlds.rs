//! Random worlds: whatever happens, no machine is ended twice, no maximum is passed, and every run is the same again.

use std::collections::BTreeSet;

use hoist::elastic::simulate::{Scenario, simulate};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A time and a length in a world of an hour.
fn span() -> impl Strategy<Value = (u64, u64)> {
    (0..3600_u64, 1..600_u64)
}

fn elastiq_timeline() -> impl Strategy<Value = Value> {
    let entry =
        (span(), 0..9_usize, 1..4_usize, any::<bool>()).prop_map(|((at, length), kind, count, flag)| match kind {
            0 => json!({"at": at, "do": "restart", "down": length / 10, "lose_state": flag}),
            1 => json!({"at": at, "do": "lose", "which": "oldest", "count": count}),
            2 => json!({"at": at, "do": "error", "which": "newest", "count": count}),
            3 => json!({"at": at, "do": "lose", "which": format!("m{count}")}),
            kind => {
                let down = ["api_down", "run_down", "terminate_down", "status_down", "queue_down"][kind - 4];
                json!({"at": at, "do": down, "for": length})
            }
        });
    prop::collection::vec(entry, 0..6).prop_map(Value::from)
}

fn elastiq() -> impl Strategy<Value = Value> {
    let job = (span(), 1..30_u64, 0..10_u8)
        .prop_map(|((at, run), count, odd)| json!({"at": at, "count": count, "run": run, "runnable": odd > 0}));
    let fates = prop::collection::btree_map(
        (1..8_u8).prop_map(|ordinal| ordinal.to_string()),
        prop_oneof![
            Just(json!({"join": null})),
            (1..500_u64).prop_map(|after| json!({"die_after": after})),
            (1..500_u64).prop_map(|after| json!({"error_after": after})),
        ],
        0..4,
    );
    let periods = (1..9_u64, 1..60_u64, 1..100_u64, 1..60_u64, 0..200_u64);
    let config = (periods, 1..6_u64, 10..900_u64, 30..600_u64, 0..4_u64, 1..7_u64);
    let clouds = (0..90_u64, prop::option::weighted(0.9, 0..200_u64), 0..60_u64, 0..600_u64, fates);
    (config, clouds, prop::collection::vec(job, 0..10), elastiq_timeline(), any::<bool>()).prop_map(
        |(config, (pending, join, shutdown, leave, fates), jobs, timeline, quirk)| {
            let ((sleep, queue, machines, errors, waiting), slots, idle, deploy, min, max) = config;
            let mut world = json!({
                "format": 1, "id": "random", "engine": "elastiq", "duration": 5400,
                "config": {"elastiq": {
                    "sleep_s": sleep, "check_queue_every_s": queue, "check_vms_every_s": machines,
                    "check_vms_in_error_every_s": errors, "waiting_jobs_time_s": waiting,
                    "n_jobs_per_vm": slots, "idle_for_time_s": idle, "estimated_vm_deploy_time_s": deploy,
                }, "quota": {"min_vms": min, "max_vms": max}},
                "workload": {"jobs": jobs},
                "cloud": {"boot": {"pending": pending, "join": join}, "shutdown": shutdown, "visible": 3600,
                    "leave": leave, "overrides": fates},
                "timeline": timeline,
            });
            if quirk {
                world["quirk"] = json!("random");
            }
            world
        },
    )
}

fn epu() -> impl Strategy<Value = Value> {
    let entry =
        (span(), 0..7_usize, 0..7_i64, any::<bool>()).prop_map(|((at, length), kind, number, flag)| match kind {
            0 => json!({"at": at, "do": "reconfigure", "conf": {"preserve_n": (number - 1).to_string()}}),
            1 => json!({"at": at, "do": "reconfigure", "conf": {"unique_instances": {format!("p{number}"): {}}}}),
            2 => json!({"at": at, "do": "state", "which": "oldest", "count": 2, "state": "FAILED"}),
            3 => json!({"at": at, "do": "kill_controller", "down": length / 10, "lose_store": flag}),
            4 => json!({"at": at, "do": "mute", "which": format!("m{number}")}),
            5 => json!({"at": at, "do": "provision_down", "for": length}),
            _ => json!({"at": at, "do": "terminate_down", "for": length}),
        });
    let states = (0..30_u64, 30..300_u64, prop::bool::weighted(0.9)).prop_map(|(requested, running, comes_up)| {
        let last = if comes_up { "RUNNING" } else { "RUNNING_FAILED" };
        json!([[requested, "REQUESTED"], [requested + 2, "PENDING"], [running, last]])
    });
    let sensor = prop::collection::vec((0..3600_u64, 0..100_u64), 0..20);
    let settings = (0..6_u64, 0..60_u64, 0..60_u64, any::<bool>(), any::<bool>());
    (settings, states, prop::collection::vec(entry, 0..6), sensor, any::<bool>()).prop_map(
        |((number, low, high, monitored, queue), states, timeline, sensor, quirk)| {
            let mut world = json!({
                "format": 1, "id": "random", "engine": "npreserving", "duration": 5400,
                "config": {"preserve_n": number, "provisioner_vars": {}, "monitor_health": monitored},
                "cloud": {"states": states, "terminate": [[3, "TERMINATING"], [20, "TERMINATED"]],
                    "heartbeat": {"every": 15, "first": 5}},
                "timeline": timeline,
            });
            if queue {
                world["engine"] = json!("queuelen");
                world["sensor"] = json!(sensor);
                world["config"] = json!({"queuelen_high_water": high, "queuelen_low_water": low,
                    "min_instances": number, "provisioner_vars": {}});
            }
            if quirk {
                world["quirk"] = json!("random");
            }
            world
        },
    )
}

fn coalition() -> impl Strategy<Value = Value> {
    let job = (span(), 1..6_u64, 0..10_u8).prop_map(|((at, run), count, odd)| match odd {
        0 => json!({"at": at, "count": count, "run": run, "affinity": "gpu"}),
        1 => json!({"at": at, "count": count, "run": run, "paused": true}),
        2 | 3 => json!({"at": at, "count": count, "run": run, "group": "g"}),
        _ => json!({"at": at, "count": count, "run": run}),
    });
    let entry = (span(), 0..4_usize).prop_map(|((at, length), kind)| match kind {
        0 => json!({"at": at, "do": "preempt", "which": "oldest", "count": 2}),
        1 => json!({"at": at, "do": "restart", "down": length / 10}),
        2 => json!({"at": at, "do": "launch_down", "for": length}),
        _ => json!({"at": at, "do": "ui_request"}),
    });
    let settings = (0..5_u64, 0..60_u64, 0..1000_u64, prop::option::weighted(0.8, 0..300_u64), 0..90_u64);
    let page = prop::option::weighted(0.7, 1..20_u64);
    (settings, prop::collection::vec(job, 0..10), prop::collection::vec(entry, 0..5), page, any::<bool>()).prop_map(
        |((most, delay, life, boot, grace), mut jobs, timeline, page, quirk)| {
            jobs.insert(0, json!({"at": 0, "name": "g", "is_group": true}));
            let mut world = json!({
                "format": 1, "id": "random", "engine": "coalition", "duration": 5400,
                "config": {"coalition": {"workerinstancemax": most, "workerinstancestartdelay": delay,
                    "workerinstanceminimumlifetime": life}},
                "workload": {"jobs": jobs},
                "cloud": {"boot": {"boot": boot}, "poll": 2, "grace": grace, "overrides": {"2": {"boot": null}}},
                "timeline": timeline, "ui_every": page,
            });
            if quirk {
                world["quirk"] = json!("random");
            }
            world
        },
    )
}

/// Returns the first machine that is ended a second time.
fn ended_twice(trace: &Value) -> Option<String> {
    let mut ended = BTreeSet::new();
    let events = trace["events"].as_array().unwrap();
    let ends = events.iter().filter(|event| ["terminate", "destroy", "stop"].iter().any(|end| event["action"] == *end));
    let mut ids = ends.flat_map(|event| event["ids"].as_array().unwrap());
    ids.find(|id| !ended.insert(id.as_str().unwrap())).map(Value::to_string)
}

fn run(world: &Value) -> Value {
    let scenario = Scenario::parse(&world.to_string()).unwrap();
    let trace = serde_json::to_value(simulate(&scenario)).unwrap();
    assert_eq!(trace, serde_json::to_value(simulate(&scenario)).unwrap(), "the second run differs");
    trace
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn elastiq_keeps_its_maximum_and_ends_no_machine_twice(world in elastiq()) {
        let trace = run(&world);
        prop_assert_eq!(ended_twice(&trace), None);
        // Whose state file is lost are nobody's machines to the rules as recorded.
        let nobody = world["timeline"].as_array().unwrap().iter().any(|entry| entry["lose_state"] == true);
        if world["quirk"].is_string() || !nobody {
            let most = trace["summary"]["most_machines"].as_u64().unwrap();
            prop_assert!(most <= world["config"]["quota"]["max_vms"].as_u64().unwrap(), "{}", most);
        }
    }

    #[test]
    fn epu_ends_no_machine_twice_and_with_protection_no_decision_fails(world in epu()) {
        let trace = run(&world);
        prop_assert_eq!(ended_twice(&trace), None);
        if world["quirk"].is_string() {
            let failed = trace["events"].as_array().unwrap().iter().any(|event| event["action"] == "decide_failed");
            prop_assert!(!failed);
        }
    }

    #[test]
    fn coalition_keeps_its_maximum_with_protection_and_ends_no_machine_twice(world in coalition()) {
        let trace = run(&world);
        prop_assert_eq!(ended_twice(&trace), None);
        if world["quirk"].is_string() {
            let most = trace["summary"]["most_machines"].as_u64().unwrap();
            prop_assert!(most <= world["config"]["coalition"]["workerinstancemax"].as_u64().unwrap(), "{}", most);
        }
    }
}
