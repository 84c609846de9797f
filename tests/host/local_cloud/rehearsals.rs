//! Rehearsed faults, on real instances.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist::cloud::faults::Rehearsal;
use hoist::provider::{Cloud, CloudErrorKind, ExitOutcome, Host, HostError, InstanceState, Selector};

use crate::local_cloud::support::{Lab, PATIENCE, output, request, shell};

fn rehearse(lab: &Lab, text: &str) -> Arc<dyn Cloud> {
    Rehearsal::parse("faults.toml", text).unwrap().cloud(Arc::new(lab.cloud.clone()))
}

async fn kind_of_launch(cloud: &Arc<dyn Cloud>, services: &[&str]) -> Option<CloudErrorKind> {
    cloud.launch(&request("token", services)).await.err().map(|error| error.kind)
}

#[tokio::test]
async fn launches_fail_as_often_as_written() {
    let lab = Lab::new(false);
    let cloud = rehearse(
        &lab,
        "[[fault]]\nservice = 'w*'\nkind = 'no-capacity'\ntimes = 2\n[[fault]]\nservice = 'web'\nkind = 'throttle'\n",
    );
    assert_eq!(kind_of_launch(&cloud, &["web"]).await, Some(CloudErrorKind::Transient));
    assert_eq!(kind_of_launch(&cloud, &["web"]).await, Some(CloudErrorKind::NoCapacity));
    assert_eq!(kind_of_launch(&cloud, &["web"]).await, Some(CloudErrorKind::NoCapacity));
    assert!(lab.ours().await.is_empty(), "what failed has launched nothing");
    assert_eq!(kind_of_launch(&cloud, &["web"]).await, None);
    lab.terminate_all().await;
}

#[tokio::test]
async fn other_services_are_left_alone() {
    let lab = Lab::new(false);
    let cloud = rehearse(&lab, "[[fault]]\nservice = 'database'\nkind = 'no-capacity'\ntimes = 9\n");
    assert_eq!(kind_of_launch(&cloud, &["web"]).await, None);
    lab.terminate_all().await;
}

#[tokio::test]
async fn every_call_is_throttled_where_all_services_are_meant() {
    let lab = Lab::new(false);
    let cloud = rehearse(&lab, "[[fault]]\nkind = 'throttle'\ntimes = 3\n");
    assert_eq!(kind_of_launch(&cloud, &["web"]).await, Some(CloudErrorKind::Transient));
    assert_eq!(cloud.describe(&Selector::ManagedByHoist).await.unwrap_err().kind, CloudErrorKind::Transient);
    assert_eq!(cloud.terminate(&[]).await.unwrap_err().kind, CloudErrorKind::Transient);
    assert!(cloud.describe(&Selector::ManagedByHoist).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_reply_leaves_what_a_repeat_finds() {
    let lab = Lab::new(true);
    let cloud = rehearse(&lab, "[[fault]]\nkind = 'launch-reply-lost'\n");
    assert_eq!(kind_of_launch(&cloud, &["web"]).await, Some(CloudErrorKind::Transient));
    let there = lab.ours().await;
    assert_eq!((there.len(), there[0].state), (1, InstanceState::Running));
    let again = cloud.launch(&request("token", &["web"])).await.unwrap().instances;
    assert_eq!(again[0].id, there[0].id);
    assert_eq!(lab.ours().await.len(), 1);
    lab.terminate_all().await;
}

#[tokio::test]
async fn an_instance_is_slow_or_not_visible_for_its_delay_and_no_longer() {
    let lab = Lab::new(true);
    let text = |delay: &str| {
        format!(
            "[[fault]]\nservice = 'slow'\nkind = 'slow-start'\ndelay = '{delay}'\n\
             [[fault]]\nservice = 'late'\nkind = 'late-visibility'\ndelay = '{delay}'\n"
        )
    };
    let cloud = rehearse(&lab, &text("1h"));
    assert!(cloud.capabilities().consistency_window >= Duration::from_secs(3600));
    let launched = cloud.launch(&request("long", &["slow", "late", "normal"])).await.unwrap().instances;
    assert_eq!((launched[0].state, launched[0].address.as_ref()), (InstanceState::Pending, None));
    assert_eq!((launched[1].state, launched[2].state), (InstanceState::Running, InstanceState::Running));
    // Another hoist, rehearsing the same, sees the same.
    let shown = rehearse(&lab, &text("1h")).describe(&Selector::ManagedByHoist).await.unwrap();
    assert_eq!(shown.iter().map(|one| one.launch_index).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(shown[0].state, InstanceState::Pending);
    lab.terminate_all().await;

    let cloud = rehearse(&lab, &text("700ms"));
    let began = Instant::now();
    let launched = cloud.launch(&request("short", &["slow", "late", "normal"])).await.unwrap().instances;
    cloud.host("slow", &launched[0]).unwrap().reach().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(690));
    let shown = cloud.describe(&Selector::ManagedByHoist).await.unwrap();
    let shown: Vec<_> = shown.iter().filter(|one| one.state != InstanceState::Terminated).collect();
    assert_eq!(shown.len(), 3);
    assert!(shown.iter().all(|one| one.state == InstanceState::Running && one.address.is_some()));
    lab.terminate_all().await;
}

#[tokio::test]
async fn programs_fail_and_hang_as_often_as_written() {
    let lab = Lab::new(true);
    let text = "[[fault]]\nservice = 'web'\nkind = 'program-fails'\ntimes = 2\nexit_code = 7\noutput = 'no luck'\n\
                [[fault]]\nkind = 'program-hangs'\nprogram = 'ready'\n";
    let cloud = rehearse(&lab, text);
    let instance = cloud.launch(&request("token", &["web"])).await.unwrap().instances.remove(0);
    let host = cloud.host("web", &instance).unwrap();
    host.reach().await.unwrap();
    for key in ["web/boot/1", "web/boot/2", "web/boot/2"] {
        let finished = host.run(&shell(key, "echo ran")).await.unwrap();
        assert_eq!((finished.outcome, finished.output.as_str()), (ExitOutcome::Exit(7), "no luck"));
    }
    assert_eq!(output(&host, "web/boot/3", "echo ran").await, "ran");
    let mut hangs = shell("web/ready/1", "echo ran");
    hangs.timeout = Duration::from_millis(200);
    assert_eq!(host.run(&hangs).await.unwrap().outcome, ExitOutcome::TimedOut);
    assert_eq!(output(&host, "web/ready/2", "echo ran").await, "ran");
    lab.terminate_all().await;
}

#[tokio::test]
async fn a_host_falls_silent_for_its_delay() {
    let lab = Lab::new(true);
    let rehearsal = Rehearsal::parse("faults.toml", "[[fault]]\nkind = 'unreachable'\ndelay = '300ms'\n").unwrap();
    let (_, plain) = lab.one("token").await;
    let host: Arc<dyn Host> = rehearsal.host("web", plain);
    host.reach().await.unwrap();
    let began = Instant::now();
    let error = host.run(&shell("web/boot/1", "echo ran")).await.unwrap_err();
    assert!(matches!(error, HostError::Unreachable(_)), "{error:?}");
    host.reach().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(290));
    assert_eq!(output(&host, "web/boot/1", "echo ran").await, "ran");
    lab.terminate_all().await;
}

#[tokio::test]
async fn an_instance_dies_though_nobody_watches() {
    let lab = Lab::new(true);
    let began = Instant::now();
    let cloud = rehearse(&lab, "[[fault]]\nservice = 'data*'\nkind = 'dies'\ndelay = '200ms'\n");
    let launched = cloud.launch(&request("token", &["web", "database"])).await.unwrap().instances;
    drop(cloud);
    let dying = launched[1].id.clone();
    crate::local_cloud::support::eventually("its processes are gone", || {
        crate::local_cloud::support::processes_of(&dying).is_empty()
    })
    .await;
    // A process that ends is not seen any more a little before it lets go of what it holds.
    let mut shown = lab.ours().await;
    while shown[1].state == InstanceState::Running {
        assert!(began.elapsed() < 2 * PATIENCE, "{shown:?}");
        shown = lab.ours().await;
    }
    assert_eq!((shown[0].state, shown[1].state), (InstanceState::Running, InstanceState::Terminated));
    lab.terminate_all().await;
}

#[test]
fn a_file_that_is_wrong_says_where() {
    let missing = Rehearsal::load(Path::new("/no/such/file.toml")).unwrap_err().to_string();
    assert!(missing.contains("/no/such/file.toml"), "{missing}");
    let wrong = Rehearsal::parse("faults.toml", "[[fault]]\nkind = 'throttle'\ntimse = 3\n").unwrap_err().to_string();
    assert!(wrong.starts_with("faults.toml:3:") && wrong.contains("timse") && wrong.contains("times"), "{wrong}");
}
