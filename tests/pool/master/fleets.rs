//! The configuration of hoist's scaler in every cluster, as the scaler reads it.

use std::path::Path;
use std::time::Duration;

use hoist::elastic::fleet::{FleetFile, QueueKind};
use hoist::template::{Templates, Values};
use hoist::wizard::{Answers, Scaler};
use serde_json::json;

use crate::master::answers::{all, cluster};
use crate::master::files::{config, written};
use crate::master::local::local;

/// The fleet file of a master.
fn fleet_file(answers: &Answers) -> String {
    let made = cluster(answers);
    if answers.image.is_some() {
        return written(&config(&made.master)).remove("/etc/hoist/elastic.toml").unwrap();
    }
    let script = String::from_utf8(made.master).unwrap();
    let (_, from) = script.split_once("elastic.toml\" << 'END OF SCALER'\n").unwrap();
    from.split_once("\nEND OF SCALER").unwrap().0.to_owned()
}

fn parsed(name: &str, text: &str) -> FleetFile {
    FleetFile::parse(text, Path::new("/etc/hoist/elastic.toml"))
        .unwrap_or_else(|wrong| panic!("{name}: {wrong}\n{text}"))
}

#[test]
fn the_scaler_reads_the_file_of_every_cluster() {
    let mut read = 0;
    for (name, answers) in all().into_iter().chain([("local".to_owned(), local())]) {
        if answers.scaler == Scaler::Elastiq {
            continue;
        }
        let fleet = parsed(&name, &fleet_file(&answers));
        assert_eq!(fleet.engine.name(), "classad", "{name}");
        assert_eq!(fleet.queue.as_ref().map(|queue| queue.kind), Some(QueueKind::Htcondor), "{name}");
        assert_eq!((fleet.workers.min, fleet.workers.max), (answers.min_workers, answers.max_workers), "{name}");
        assert_eq!(fleet.workers.jobs_per_worker, answers.jobs_per_worker, "{name}");
        let half_an_hour = Duration::from_secs(1800);
        assert_eq!((fleet.lease.length, fleet.lease.grace), (half_an_hour, half_an_hour), "{name}");
        let kinds: Vec<_> = fleet.kinds().collect();
        assert_eq!(kinds.len(), 1, "{name}");
        assert_eq!(kinds[0].1.figures.slots, Some(answers.jobs_per_worker), "{name}");
        assert_eq!(kinds[0].1.instance_type, answers.worker_type, "{name}");
        read += 1;
    }
    assert!(read > 100, "{read}");
}

#[test]
fn further_values_of_the_template_arrive_in_it() {
    let mut given: Values = json!({
        "os": "debian-13", "pool": "lab", "pool_password": "x", "login": "admin", "scaler": "hoist", "worker_user_data": "#!/bin/sh\n",
        "min_workers": 1, "max_workers": 3, "hoist_source": "https://x/y", "hoist_sha256": "00", "idle": "60s", "credentials": "role",
        "jobs_per_worker": 2, "provider": "ec2", "image": "ami-1", "tags": {}, "lease_length": "10m", "lease_grace": "0s",
        "launches_per_minute": 7
    })
    .as_object()
    .unwrap()
    .clone()
    .into_iter()
    .collect();
    for engine in ["classad", "elastiq"] {
        given.insert("engine".to_owned(), json!(engine));
        let rendered = Templates::built_in().get("elastic-master").unwrap().render(&given).unwrap();
        let fleet = parsed(engine, &written(&rendered)["/etc/hoist/elastic.toml"]);
        assert_eq!(fleet.engine.name(), engine);
        assert_eq!((fleet.lease.length.as_secs(), fleet.lease.grace.as_secs()), (600, 0));
        assert_eq!(fleet.limits.launches_per_minute, 7);
    }
}
