//! An instance ends with its lease, though nobody looks after it any more.

use std::time::Duration;

use hoist::engine::{Cloud as _, InstanceState, Selector, TAG_EXPIRES};
use jiff::{SignedDuration, Timestamp};

use crate::support::{Lab, eventually, open, processes_of, request, run};

#[tokio::test]
async fn an_instance_ends_with_its_lease_though_nobody_asks() {
    Lab::in_both(|lab| async move {
        let end = Timestamp::now() + SignedDuration::from_secs(3);
        let mut leased = request("leased", &["web"]);
        leased.expires_at = Some(end);
        leased.tags.insert(TAG_EXPIRES.to_owned(), end.to_string());
        let instance = lab.cloud.launch(&leased).await.unwrap().instances.remove(0);
        let host = lab.cloud.host("web", &instance).unwrap();
        host.reach().await.unwrap();
        run(&host, "1", "nohup sleep 86399 >/dev/null 2>&1 & nohup setsid sleep 86398 >/dev/null 2>&1 &")
            .await
            .unwrap();
        // A process that becomes another has no environment for a moment.
        let is_there = || processes_of(&instance.id).iter().any(|process| process.contains("86398"));
        eventually("what was started runs", is_there).await;
        assert!(Timestamp::now() < end, "too slow a machine for this test");
        // From here on nobody asks the cloud anything.
        eventually("its processes end with the lease", || processes_of(&instance.id).is_empty()).await;
        assert!(Timestamp::now() >= end, "it ended before its lease");

        // Another process sees it gone, and takes up what is left of it.
        // (A process that ends loses its environment a moment before its locks.)
        let later = open(lab.directory.path(), lab.isolated);
        let mut shown = later.describe(&Selector::Ours).await.unwrap();
        for _ in 0..100 {
            if shown[0].state != InstanceState::Running {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            shown = later.describe(&Selector::Ours).await.unwrap();
        }
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].state, InstanceState::Terminated, "{shown:?}");
        lab.terminate_all().await;
    })
    .await;
}
