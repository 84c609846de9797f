//! An instance ends with its lease, though nobody looks after it any more.

use hoist::provider::{Cloud as _, Instance, InstanceState, Selector, TAG_EXPIRES};
use jiff::{SignedDuration, Timestamp};

use crate::local_cloud::support::{Lab, eventually, open, processes_of, request, run};

/// The seconds of a lease: longer ones for machines on which shorter ones are over too soon.
const LEASES: [i64; 3] = [3, 10, 30];

#[tokio::test]
async fn an_instance_ends_with_its_lease_though_nobody_asks() {
    Lab::in_both(|lab| async move {
        for seconds in LEASES {
            let end = Timestamp::now() + SignedDuration::from_secs(seconds);
            let busy = busy_instance(&lab, end).await;
            if let Some(instance) = busy.filter(|_| Timestamp::now() < end) {
                ends_at(&lab, &instance, end).await;
                return;
            }
            lab.terminate_all().await;
        }
        panic!("too slow a machine for this test");
    })
    .await;
}

/// One on which something runs; none where its lease was over before.
async fn busy_instance(lab: &Lab, end: Timestamp) -> Option<Instance> {
    let mut leased = request(&format!("leased until {end}"), &["web"]);
    leased.expires_at = Some(end);
    leased.tags.insert(TAG_EXPIRES.to_owned(), end.to_string());
    let in_time = |what: &str| assert!(Timestamp::now() >= end, "{what}");
    let launched = lab.cloud.launch(&leased).await.map_err(|error| in_time(&error.message)).ok()?;
    let instance = launched.instances.into_iter().next()?;
    let host = lab.cloud.host("web", &instance)?;
    host.reach().await.map_err(|error| in_time(&error.to_string())).ok()?;
    let script = "nohup sleep 86399 >/dev/null 2>&1 & nohup setsid sleep 86398 >/dev/null 2>&1 &";
    run(&host, "1", script).await.map_err(|error| in_time(&error.to_string())).ok()?;
    // A process that becomes another has no environment for a moment.
    let is_there = || processes_of(&instance.id).iter().any(|process| process.contains("86398"));
    eventually("what was started runs", || is_there() || Timestamp::now() >= end).await;
    Some(instance)
}

/// It ends with its lease, and not before.
async fn ends_at(lab: &Lab, instance: &Instance, end: Timestamp) {
    // From here on nobody asks the cloud anything.
    eventually("its processes end with the lease", || processes_of(&instance.id).is_empty()).await;
    assert!(Timestamp::now() >= end, "it ended before its lease");

    // Another process sees it gone, and takes up what is left of it.
    // (A process that ends loses its environment a moment before its locks.)
    eventually("its init lets go of it", || !lab.has_init(&instance.id)).await;
    let later = open(lab.directory.path(), lab.isolated);
    let shown = later.describe(&Selector::Ids(vec![instance.id.clone()])).await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].state, InstanceState::Terminated, "{shown:?}");
    lab.terminate_all().await;
}
