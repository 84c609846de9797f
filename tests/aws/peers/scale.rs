//! Numbers of instances as in the largest plans.

use std::collections::BTreeSet;

use crate::peers::client::{cloud, id, ids, launch, run, shown, terminate};
use hoist_test_support::aws::Faults;

#[test]
fn a_thousand_instances_in_one_call() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let launched = launch(&client, 1000).client_token("one").send().await.unwrap();
        let indexes: BTreeSet<i32> = launched.instances().iter().filter_map(|i| i.ami_launch_index()).collect();
        assert_eq!(indexes, (0..1000).collect());
        let found = shown(client.describe_instances().max_results(1000)).await;
        assert_eq!(found.iter().map(id).collect::<Vec<_>>(), ids(&launched));
        terminate(&client, &ids(&launched)).await;
        assert_eq!((proxy.living().len(), proxy.calls().len()), (0, 3));
    });
}
