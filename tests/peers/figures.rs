//! t

use crate::aws::{FaultProxy, Faults};
use crate::client::{client, run};
use crate::launches::launch;
use std::time::Instant;

#[test]
fn timing() {
    run(async {
        let Some(proxy) = FaultProxy::start(Faults::new(7)) else { return };
        let client = client(&proxy);
        for _ in 0..5 {
            let t = Instant::now();
            proxy.ask("DescribeKeyPairs", &[]);
            eprintln!("direct {:?}", t.elapsed());
            let t = Instant::now();
            client.describe_key_pairs().send().await.unwrap();
            eprintln!("through {:?}", t.elapsed());
            let t = Instant::now();
            launch(&client, 1).send().await.unwrap();
            eprintln!("launch {:?}", t.elapsed());
            let t = Instant::now();
            client.describe_instances().send().await.unwrap();
            eprintln!("describe {:?}", t.elapsed());
        }
        let t = Instant::now();
        launch(&client, 1000).send().await.unwrap();
        eprintln!("launch 1000 {:?}", t.elapsed());
        for _ in 0..2 {
            let t = Instant::now();
            let d = client.describe_instances().max_results(1000).send().await.unwrap();
            eprintln!("describe 1000 {:?}", t.elapsed());
            let ids: Vec<String> = d
                .reservations()
                .iter()
                .flat_map(|r| r.instances())
                .filter_map(|i| i.instance_id().map(str::to_owned))
                .collect();
            let t = Instant::now();
            client.terminate_instances().set_instance_ids(Some(ids)).send().await.unwrap();
            eprintln!("terminate 1000 {:?}", t.elapsed());
            let t = Instant::now();
            client.describe_instances().send().await.unwrap();
            eprintln!("describe after {:?}", t.elapsed());
        }
    });
}
