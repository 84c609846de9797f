use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::plan::ProgramKind;
use crate::provider::{Command, ExitOutcome, HostError, InstanceSpec, InstanceState, TAG_EXPIRES, TAG_RUN, Upload};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn request(token: &str, services: &[&str]) -> LaunchRequest {
    LaunchRequest {
        token: token.to_owned(),
        slots: services.iter().map(|&s| s.to_owned()).collect(),
        machine: InstanceSpec::default(),
        tags: BTreeMap::from([(TAG_RUN.to_owned(), "demo".to_owned())]),
        ..LaunchRequest::default()
    }
}

fn command(key: &str) -> Command {
    Command {
        key: key.to_owned(),
        argv: vec!["./program".to_owned()],
        directory: PathBuf::from("/tmp/hoist/demo/web/program"),
        environment: Vec::new(),
        timeout: secs(60),
    }
}

async fn states(cloud: &SimCloud) -> Vec<InstanceState> {
    let shown = cloud.describe(&Selector::Run("demo".to_owned())).await.unwrap();
    shown.into_iter().map(|instance| instance.state).collect()
}

#[tokio::test(start_paused = true)]
async fn an_instance_lives_its_life() {
    let cloud = SimCloud::new(SimConfig::default());
    let launched = cloud.launch(&request("t", &["web", "db"])).await.unwrap().instances;
    assert_eq!(launched.iter().map(|i| i.launch_index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(launched[0].state, InstanceState::Pending);
    assert_eq!(launched[0].address, None);
    assert!(launched[0].id.starts_with("i-") && launched[0].id.len() == 19);
    cloud.host("", &launched[1]).unwrap().reach().await.unwrap();

    let ids = Selector::Ids(vec![launched[1].id.clone(), "i-unknown".to_owned(), launched[1].id.clone()]);
    let shown = cloud.describe(&ids).await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].state, shown[0].address.as_deref()), (InstanceState::Running, Some("10.0.0.5")));
    assert_eq!(shown[0].private_address.as_deref(), Some("172.16.0.5"));

    cloud.terminate(&[launched[0].id.clone(), "i-unknown".to_owned()]).await.unwrap();
    assert_eq!(states(&cloud).await, [InstanceState::ShuttingDown, InstanceState::Running]);
    assert_eq!(cloud.alive().len(), 1);
    sleep(secs(10)).await;
    assert_eq!(states(&cloud).await, [InstanceState::Terminated, InstanceState::Running]);
    sleep(secs(3600)).await;
    assert_eq!(states(&cloud).await, [InstanceState::Running]);
    assert!(cloud.console(&launched[0].id).await.unwrap().contains("terminated on request"));
    assert_eq!(cloud.calls(), Calls { launch: 1, describe: 4, terminate: 1, console: 1, reach: 1, ..Calls::default() });
}

#[tokio::test(start_paused = true)]
async fn a_token_never_launches_twice() {
    let cloud = SimCloud::new(SimConfig::default());
    cloud.fault(SimFault::once_each(FaultKind::LaunchReplyLost));
    let lost = cloud.launch(&request("t", &["web"])).await.unwrap_err();
    assert_eq!(lost.kind, CloudErrorKind::Transient);
    let launched = cloud.launch(&request("t", &["web"])).await.unwrap().instances;
    assert_eq!(cloud.launched().len(), 1);
    let other = cloud.launch(&request("t", &["db"])).await.unwrap_err();
    assert_eq!(other.kind, CloudErrorKind::Rejected);
    cloud.terminate(&[launched[0].id.clone()]).await.unwrap();
    let used = cloud.launch(&request("t", &["web"])).await.unwrap_err();
    assert_eq!(used.kind, CloudErrorKind::TokenUsed);
    assert!(cloud.alive().is_empty());
}

#[test]
fn an_engine_that_is_dropped_half_way_leaves_the_cloud_to_the_next() {
    let paused = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let cloud = SimCloud::new(SimConfig::default());
    paused().block_on(async {
        // Dropped after the cloud acted and before it answered.
        let request = request("t", &["web"]);
        assert!(tokio::time::timeout(Duration::from_millis(700), cloud.launch(&request)).await.is_err());
        sleep(secs(5000)).await;
        assert_eq!(states(&cloud).await, [InstanceState::Running]);
    });
    let before = cloud.now();
    paused().block_on(async {
        assert!(cloud.now() >= before);
        assert_eq!(states(&cloud).await, [InstanceState::Running]);
        cloud.launch(&request("t", &["web"])).await.unwrap();
        assert_eq!(cloud.launched().len(), 1);
    });
}

#[tokio::test(start_paused = true)]
async fn programs_run_once_for_each_key_and_go_on_without_us() {
    let boot_outputs = BTreeMap::from([("web".to_owned(), BTreeMap::from([("port".to_owned(), "80".to_owned())]))]);
    let config = SimConfig { boot_outputs, program: Delay::fixed(secs(30)), ..SimConfig::default() };
    let cloud = SimCloud::new(config);
    let launched = cloud.launch(&request("t", &["web"])).await.unwrap().instances;
    let host = cloud.host("", &launched[0]).unwrap();
    assert!(matches!(host.run(&command("web/boot/1")).await, Err(HostError::Unreachable(_))));
    host.reach().await.unwrap();

    let answer = Path::new("/tmp/hoist/demo/web/bootout.json");
    let begun = cloud.now();
    assert!(tokio::time::timeout(secs(1), host.run(&command("web/boot/1"))).await.is_err());
    assert_eq!(host.download(answer, 100).await.unwrap(), None);
    let finished = host.run(&command("web/boot/1")).await.unwrap();
    assert_eq!((finished.outcome, finished.took), (ExitOutcome::Exit(0), secs(30)));
    assert_eq!(cloud.now().duration_since(begun).as_secs(), 30);
    assert_eq!(host.run(&command("web/boot/1")).await.unwrap(), finished);
    assert_eq!(cloud.executed().len(), 1);
    assert_eq!(host.download(answer, 100).await.unwrap().unwrap(), br#"{"port":"80"}"#);
    assert!(matches!(host.download(answer, 3).await, Err(HostError::Failed(_))));

    host.upload(&Upload { path: "/tmp/hoist/demo/x".into(), content: b"x".to_vec(), mode: 0o600 }).await.unwrap();
    host.upload(&Upload { path: "/tmp/hoist/demos".into(), content: b"y".to_vec(), mode: 0o755 }).await.unwrap();
    host.remove(Path::new("/tmp/hoist/demo")).await.unwrap();
    assert_eq!(host.download(answer, 100).await.unwrap(), None);
    let left = cloud.host_of(&launched[0].id).files();
    assert_eq!(
        left.into_iter().map(|(path, file)| (path, file.mode)).collect::<Vec<_>>(),
        [(PathBuf::from("/tmp/hoist/demos"), 0o755)]
    );
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_an_instance_ends_with_it() {
    let config = SimConfig { program: Delay::fixed(secs(30)), ..SimConfig::default() };
    let cloud = SimCloud::new(config);
    cloud.fault(SimFault::once("web", FaultKind::Dies(secs(120))));
    cloud.fault(SimFault::once("stuck", FaultKind::NeverRuns));
    let launched = cloud.launch(&request("t", &["web", "stuck"])).await.unwrap().instances;
    let (web, stuck) = (cloud.host_of(&launched[0].id), cloud.host_of(&launched[1].id));
    assert!(tokio::time::timeout(secs(65), stuck.reach()).await.is_err());

    let start = cloud.now();
    web.run(&command("web/ready/1")).await.unwrap();
    assert!(matches!(web.run(&command("web/ready/2")).await, Err(HostError::Gone(_))));
    assert!(cloud.now().duration_since(start).as_secs() <= 55);

    let waiting = tokio::spawn(async move { stuck.reach().await });
    sleep(secs(1)).await;
    assert_eq!(cloud.kill("stuck"), 1);
    assert!(matches!(waiting.await.unwrap(), Err(HostError::Gone(_))));
    assert!(cloud.alive().is_empty());
    assert!(matches!(cloud.host_of("i-nobody").reach().await, Err(HostError::Gone(_))));
}

#[tokio::test(start_paused = true)]
async fn programs_fail_hang_and_lose_their_answers_on_request() {
    let cloud = SimCloud::new(SimConfig::default());
    let failure = FaultKind::ProgramFails {
        program: ProgramKind::Ready,
        outcome: ExitOutcome::Exit(7),
        output: "no route\n".to_owned(),
    };
    cloud.fault(SimFault::once("web", failure).times(2));
    cloud.fault(SimFault::once("web", FaultKind::ProgramHangs(ProgramKind::Boot)));
    cloud.fault(SimFault::once("web", FaultKind::ProgramReplyLost(ProgramKind::Terminate)));
    let host = cloud.standing_host("web");
    host.reach().await.unwrap();
    for (key, expected) in [
        ("web/ready/1", ExitOutcome::Exit(7)),
        ("web/ready/2", ExitOutcome::Exit(7)),
        ("web/ready/3", ExitOutcome::Exit(0)),
        ("web/boot/1", ExitOutcome::TimedOut),
    ] {
        assert_eq!(host.run(&command(key)).await.unwrap().outcome, expected, "{key}");
    }
    assert!(matches!(host.run(&command("web/terminate/1")).await, Err(HostError::Unreachable(_))));
    host.run(&command("web/terminate/1")).await.unwrap();
    assert_eq!(cloud.executed().iter().filter(|e| e.program == Some(ProgramKind::Terminate)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn clouds_have_limits_and_are_late() {
    let cloud = SimCloud::new(SimConfig { late_visibility: secs(5), max_batch: 3, ..SimConfig::default() });
    cloud.fault(SimFault::once("a", FaultKind::Launch(CloudErrorKind::NoCapacity)));
    cloud.fault(SimFault::once_each(FaultKind::LaunchCut(2)));
    cloud.fault(SimFault::once_each(FaultKind::Describe(CloudErrorKind::Transient)));
    cloud.fault(SimFault::once_each(FaultKind::TerminateReplyLost));
    let all = request("t", &["a", "b", "c"]);
    assert_eq!(cloud.launch(&all).await.unwrap_err().kind, CloudErrorKind::NoCapacity);
    let launched = cloud.launch(&all).await.unwrap().instances;
    assert_eq!(launched.len(), 2);
    let too_many = request("u", &["a", "b", "c", "d"]);
    assert_eq!(cloud.launch(&too_many).await.unwrap_err().kind, CloudErrorKind::Rejected);
    assert!(cloud.describe(&Selector::ManagedByHoist).await.is_err());
    assert_eq!(cloud.describe(&Selector::ManagedByHoist).await.unwrap(), []);
    sleep(secs(5)).await;
    assert_eq!(cloud.describe(&Selector::ManagedByHoist).await.unwrap().len(), 2);
    let ids: Vec<String> = launched.iter().map(|i| i.id.clone()).collect();
    assert_eq!(cloud.terminate(&ids).await.unwrap_err().kind, CloudErrorKind::Transient);
    assert!(cloud.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_seed_decides_everything() {
    let life = |seed| async move {
        let jitter = Delay::between(Duration::ZERO, secs(100));
        let cloud = SimCloud::new(SimConfig { seed, boot: jitter, program: jitter, ..SimConfig::default() });
        let launched = cloud.launch(&request("t", &["web", "db"])).await.unwrap().instances;
        let start = cloud.now();
        for instance in &launched {
            cloud.host_of(&instance.id).reach().await.unwrap();
            cloud.host_of(&instance.id).run(&command("web/ready/1")).await.unwrap();
        }
        let took: Vec<Duration> = cloud.executed().iter().map(|e| e.ends - e.began).collect();
        (launched.into_iter().map(|i| i.id).collect::<Vec<_>>(), took, cloud.now().duration_since(start))
    };
    assert_eq!(life(1).await, life(1).await);
    assert_ne!(life(1).await, life(2).await);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_instances_come_up_together() {
    let cloud = SimCloud::new(SimConfig { max_batch: 10_000, ..SimConfig::default() });
    let names: Vec<String> = (0..10_000).map(|n| format!("web-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let launched = cloud.launch(&request("t", &names)).await.unwrap().instances;
    let start = cloud.now();
    let running: Vec<_> = launched
        .iter()
        .map(|instance| {
            let host: Arc<dyn Host> = cloud.host_of(&instance.id);
            tokio::spawn(async move {
                host.reach().await?;
                host.run(&command("web/ready/1")).await
            })
        })
        .collect();
    for task in running {
        task.await.unwrap().unwrap();
    }
    // In parallel: as long as one of them.
    assert!(cloud.now().duration_since(start).as_secs() <= 21);
    let addresses = cloud.describe(&Selector::ManagedByHoist).await.unwrap().into_iter().filter_map(|i| i.address);
    assert_eq!(addresses.collect::<std::collections::HashSet<_>>().len(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_lease_ends_its_instance_and_is_renewed_until_then() {
    let cloud = SimCloud::new(SimConfig::default());
    let end = |seconds| cloud.now() + secs(seconds);
    let leased = LaunchRequest {
        expires_at: Some(end(60)),
        tags: BTreeMap::from([(TAG_RUN.to_owned(), "demo".to_owned()), (TAG_EXPIRES.to_owned(), "soon".to_owned())]),
        ..request("t", &["web", "db"])
    };
    let launched = cloud.launch(&leased).await.unwrap().instances;
    let [web, db] = [0, 1].map(|at| launched[at].id.clone());
    let unleased = cloud.launch(&request("u", &["web"])).await.unwrap().instances[0].id.clone();
    sleep(secs(50)).await;
    let later = end(100);
    let asked = [db.clone(), "i-unknown".to_owned(), unleased];
    assert_eq!(cloud.renew(&asked, later).await.unwrap(), std::slice::from_ref(&db));
    let shown = cloud.describe(&Selector::Ids(vec![db.clone()])).await.unwrap();
    assert_eq!(shown[0].tags[TAG_EXPIRES], later.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    sleep(secs(30)).await;
    let shown = cloud.describe(&Selector::Ids(vec![web.clone(), db.clone()])).await.unwrap();
    assert_eq!(shown.iter().map(|it| it.state.is_gone()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(shown[0].reason.as_deref(), Some("its lease is over"));
    // An end is never undone.
    assert_eq!(cloud.renew(&[web.clone(), db.clone()], end(100)).await.unwrap(), std::slice::from_ref(&db));
    sleep(secs(120)).await;
    assert_eq!(cloud.renew(&[web, db], end(100)).await.unwrap(), Vec::<String>::new());
    assert_eq!(cloud.alive().len(), 1, "that without lease");
    assert_eq!(cloud.calls().renew, 3);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_fails_whole_or_its_answer_is_lost() {
    let cloud = SimCloud::new(SimConfig::default());
    let first = cloud.now() + secs(60);
    let leased = LaunchRequest { expires_at: Some(first), ..request("t", &["web", "db"]) };
    let launched = cloud.launch(&leased).await.unwrap().instances;
    let ids: Vec<String> = launched.into_iter().map(|instance| instance.id).collect();
    cloud.fault(SimFault::once_each(FaultKind::Renew(CloudErrorKind::Transient)));
    cloud.fault(SimFault::once_each(FaultKind::RenewReplyLost));
    let later = first + secs(60);
    assert_eq!(cloud.renew(&ids, later).await.unwrap_err().kind, CloudErrorKind::Transient);
    assert_eq!(cloud.renew(&ids, later).await.unwrap_err().message, "the answer was lost (simulated)");
    sleep(secs(70)).await;
    assert_eq!(cloud.alive().len(), 2, "the second one took effect");
    sleep(secs(60)).await;
    assert_eq!(cloud.alive().len(), 0);
}
