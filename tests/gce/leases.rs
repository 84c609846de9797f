//! The ends of leases: Google deletes machines whether hoist lives or not, and leases within that are renewed.

use std::time::Duration;

use hoist::plan::Lease;
use hoist::provider::{Cloud as _, CloudErrorKind, LaunchRequest, Selector, TAG_EXPIRES, TAG_FLEET};
use hoist_test_support::google::Faults;
use jiff::{SignedDuration, Timestamp};

use crate::cloud_lab::{CloudLab, request, run, token};
use crate::lab::Lab;

#[test]
fn without_hoist_machines_end_with_their_lease() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\nreplicas = 2\nlease = \"2h\"\n");
    lab.hoist("plan boot demo.toml").exit(0);
    lab.cloud.advance(Duration::from_secs(7100));
    assert_eq!(lab.cloud.instances().len(), 2);
    lab.cloud.advance(Duration::from_secs(200));
    lab.nothing_is_left();
    lab.hoist("plan status demo").exit(1);
    lab.hoist("plan terminate demo --yes").exit(0);
}

#[test]
fn a_lease_until_a_time_ends_then() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.plan("demo", "[[levels]]\n[levels.services.web]\n");
    let until = (Timestamp::now() + SignedDuration::from_hours(3)).strftime("%Y-%m-%dT%H:%M:%SZ");
    lab.hoist(&format!("plan boot demo.toml --lease {until}")).exit(0);
    lab.cloud.advance(Duration::from_secs(3 * 3600 - 60));
    assert_eq!(lab.cloud.instances().len(), 1);
    lab.cloud.advance(Duration::from_secs(120));
    lab.nothing_is_left();
}

/// A worker of a fleet, whose lease is renewed.
fn worker() -> LaunchRequest {
    let end = Timestamp::now() + SignedDuration::from_hours(1);
    let mut wanted = request(&token(1), &["w1", "w2"]);
    wanted.machine.lease = Some(Lease::Until(end));
    wanted.expires_at = Some(end);
    wanted.tags.insert(TAG_FLEET.to_owned(), "crunch.1".to_owned());
    wanted.tags.insert(TAG_EXPIRES.to_owned(), end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    wanted
}

#[test]
fn a_renewed_lease_stands_in_the_metadata_and_has_a_last_end() {
    let Some(lab) = CloudLab::new(Faults::default()) else { return };
    run(async {
        let launched = lab.cloud.launch(&worker()).await.unwrap();
        let ids: Vec<String> = launched.instances.iter().map(|instance| instance.id.clone()).collect();
        let gone = "nobody-0.us-central1-a".to_owned();
        let later = Timestamp::from_second(Timestamp::now().as_second() + 36_000).unwrap();
        let asked = [ids.clone(), vec![gone]].concat();
        assert_eq!(lab.cloud.renew(&asked, later).await.unwrap(), ids);
        for shown in lab.cloud.describe(&Selector::Ids(ids.clone())).await.unwrap() {
            assert_eq!(shown.tags[TAG_EXPIRES], later.to_string());
            assert_eq!(shown.tags["team"], "blue & green", "other tags stay");
        }
        assert!(
            lab.server.instances().iter().all(|instance| instance.metadata["hoist-expires-at"] == later.to_string())
        );
        assert!(lab.server.instances()[0].metadata["user-data"].contains("hoist-expires-at"), "the guest follows it");
        // Nobody renews beyond what Google was told at the launch.
        let beyond = Timestamp::now() + SignedDuration::from_hours(24 * 8);
        let refused = lab.cloud.renew(&ids, beyond).await.unwrap_err();
        assert_eq!(refused.kind, CloudErrorKind::Quota, "{refused}");
        lab.server.advance(Duration::from_secs(7 * 24 * 3600 + 60));
        assert_eq!(lab.server.instances(), [], "the client is dead for ever");
        assert_eq!(lab.server.disks(), []);
    });
}
