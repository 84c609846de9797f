//! An instance ends with its lease, though nobody looks after it any more.

use hoist::provider::{Cloud as _, Instance, InstanceState, Selector, TAG_EXPIRES};
use jiff::{SignedDuration, Timestamp};

use crate::local_cloud::support::{Lab, eventually, open, output, processes_of, request, run};

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

fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// An instance with this lease whose host is up, and which tells its lease file.
async fn leased(lab: &Lab, end: Timestamp) -> (Instance, String) {
    let mut wanted = request("leased", &["web"]);
    wanted.expires_at = Some(end);
    wanted.tags.insert(TAG_EXPIRES.to_owned(), end.to_string());
    let instance = lab.cloud.launch(&wanted).await.unwrap().instances.remove(0);
    let host = lab.cloud.host("web", &instance).unwrap();
    host.reach().await.unwrap();
    run(&host, "1", "nohup setsid sleep 86397 >/dev/null 2>&1 &").await.unwrap();
    let file = output(&host, "2", "printf %s \"$HOIST_LEASE_FILE\"").await;
    (instance, file)
}

#[tokio::test]
async fn a_renewed_lease_is_seen_within_and_holds_instead_of_the_first() {
    Lab::in_both(|lab| async move {
        let first = in_seconds(40);
        let (instance, file) = leased(&lab, first).await;
        let host = lab.cloud.host("web", &instance).unwrap();
        let seen =
            async |key: &str| -> Timestamp { output(&host, key, &format!("cat '{file}'")).await.parse().unwrap() };
        assert_eq!(seen("3").await, first);

        let plain = lab.cloud.launch(&request("plain", &["web"])).await.unwrap().instances.remove(0);
        let later = in_seconds(3600);
        let asked = [plain.id, "i-00000000000000000".to_owned(), instance.id.clone()];
        let ids = std::slice::from_ref(&instance.id);
        assert_eq!(lab.cloud.renew(&asked, later).await.unwrap(), ids);
        assert_eq!(seen("4").await, later);
        // The same, after another process opened the cloud.
        assert_eq!(open(lab.directory.path(), lab.isolated).renew(ids, later).await.unwrap(), ids);
        let shown = lab.cloud.describe(&Selector::Ids(ids.to_vec())).await.unwrap();
        assert_eq!(shown[0].tags[TAG_EXPIRES], later.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());

        // A repeated launch does not take the renewal back.
        let mut again = request("leased", &["web"]);
        again.expires_at = Some(first);
        lab.cloud.launch(&again).await.unwrap();
        assert_eq!(seen("5").await, later);

        // Cut short, it ends within seconds; then nothing brings it back.
        lab.cloud.renew(ids, Timestamp::now()).await.unwrap();
        eventually("it ends", || processes_of(&instance.id).is_empty()).await;
        assert_eq!(lab.cloud.renew(ids, in_seconds(3600)).await.unwrap(), Vec::<String>::new());
        let shown = lab.cloud.describe(&Selector::Ids(ids.to_vec())).await.unwrap();
        assert_eq!(
            (shown[0].state, shown[0].reason.as_deref()),
            (InstanceState::Terminated, Some("its lease is over"))
        );
        assert_eq!(lab.cloud.renew(ids, in_seconds(3600)).await.unwrap(), Vec::<String>::new());
        assert_eq!(processes_of(&instance.id), [] as [String; 0]);
        lab.terminate_all().await;
    })
    .await;
}

/// The lease that [`renewing_daemon_helper`] gives, in seconds.
const RENEWED_TO: i64 = 20;

#[tokio::test]
async fn when_the_one_that_renews_is_killed_the_instance_ends_with_the_last_lease() {
    let lab = Lab::new(true);
    let first = in_seconds(RENEWED_TO);
    let (instance, file) = leased(&lab, first).await;
    let mut words = hoist_test_support::itself::itself(module_path!(), "renewing_daemon_helper").into_iter();
    let mut daemon = std::process::Command::new(words.next().unwrap())
        .args(words)
        .env("HOIST_TEST_CLOUD", lab.directory.path())
        .env("HOIST_TEST_INSTANCE", &instance.id)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    eventually("the first lease passes", || Timestamp::now() > first + SignedDuration::from_secs(1)).await;
    assert_ne!(processes_of(&instance.id), [] as [String; 0], "it was renewed");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let last: Timestamp = std::fs::read_to_string(&file).unwrap().trim_end().parse().unwrap();
    assert!(first < last && last <= in_seconds(RENEWED_TO));
    ends_at(&lab, &instance, last).await;
    assert!(Timestamp::now() < last + SignedDuration::from_secs(60));
}

/// A daemon that does nothing but renew a lease.
#[tokio::test]
#[ignore = "another test starts it"]
async fn renewing_daemon_helper() {
    let Some(root) = std::env::var_os("HOIST_TEST_CLOUD") else { return };
    let id = std::env::var("HOIST_TEST_INSTANCE").unwrap();
    let cloud = open(std::path::Path::new(&root), true);
    loop {
        cloud.renew(std::slice::from_ref(&id), in_seconds(RENEWED_TO)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}
