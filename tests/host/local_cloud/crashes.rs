//! Processes of hoist that are killed, and ones that get in each other's way.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hoist::provider::{Cloud as _, Instance, InstanceState, Selector};

use crate::local_cloud::support::{Lab, eventually, open, output, request};
use hoist_test_support::skip::skip;

use hoist_test_support::itself::itself;

/// How many instances the launches have that are cut off.
const SIZE: usize = 4;

/// How often one is cut off, each time a little later.
const ROUNDS: u32 = 40;

/// In the helper's environment: what it is to do, and where.
const TASK: &str = "LOCAL_CLOUD_TEST_TASK";
const ROOT: &str = "LOCAL_CLOUD_TEST_ROOT";
const NAMESPACES: &str = "LOCAL_CLOUD_TEST_NAMESPACES";

/// Not a test: what other processes of these tests do.
#[tokio::test]
#[ignore = "run by other tests, in processes of their own"]
async fn helper() {
    let Ok(task) = std::env::var(TASK) else { return };
    let root = std::env::var_os(ROOT).unwrap();
    let cloud = open(Path::new(&root), std::env::var(NAMESPACES).unwrap() == "true");
    let (what, token) = task.split_once(' ').unwrap();
    let instances = cloud.launch(&request(token, &["a", "b", "c", "d"])).await.map(|launched| launched.instances);
    if what == "terminate" {
        let ids: Vec<String> = instances.unwrap().into_iter().map(|instance| instance.id).collect();
        cloud.terminate(&ids).await.unwrap();
    } else {
        instances.unwrap();
    }
}

fn start(lab: &Lab, task: &str) -> Child {
    let words = itself(module_path!(), "helper");
    Command::new(&words[0])
        .args(&words[1..])
        .env(TASK, task)
        .env(ROOT, lab.directory.path())
        .env(NAMESPACES, lab.isolated.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// How long a helper takes for its task, undisturbed: the kills are spread over that time, to hit everywhere.
async fn whole_time(lab: &Lab, task: &str) -> Duration {
    let began = Instant::now();
    assert!(start(lab, task).wait().unwrap().success());
    let took = began.elapsed();
    lab.terminate_all().await;
    took
}

fn ids(instances: &[Instance]) -> BTreeSet<String> {
    instances.iter().map(|instance| instance.id.clone()).collect()
}

/// Every process on this machine that carries the mark of one of these instances and is an init.
fn inits(ids: &BTreeSet<String>) -> usize {
    let all = ids.iter().flat_map(|id| crate::local_cloud::support::processes_of(id));
    all.filter(|process| process.contains(" __init ")).count()
}

#[tokio::test]
async fn launches_with_one_token_give_one_set_whoever_asks() {
    for lab in Lab::both() {
        let same = request("token", &["a", "b", "c", "d"]);
        let mut others = [start(&lab, "launch token"), start(&lab, "launch token")];
        let (first, second) = tokio::join!(lab.cloud.launch(&same), lab.cloud.launch(&same));
        for other in &mut others {
            assert!(other.wait().unwrap().success());
        }
        let (first, second) = (first.unwrap().instances, second.unwrap().instances);
        assert_eq!(first, second);
        let ids = ids(&first);
        assert_eq!((ids.len(), lab.ours().await.len()), (SIZE, SIZE));
        eventually("each instance has one init", || inits(&ids) == SIZE).await;
        assert_eq!(open(lab.directory.path(), lab.isolated).launch(&same).await.unwrap().instances, first);
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn a_launch_that_is_killed_anywhere_is_completed_or_removed() {
    Lab::in_both(kill_launches).await;
}

async fn kill_launches(lab: Lab) {
    let mut cut_short = 0;
    let whole = whole_time(&lab, "launch first").await;
    for round in 0..ROUNDS {
        let token = format!("token-{round}");
        let mut launcher = start(&lab, &format!("launch {token}"));
        tokio::time::sleep(whole * round / ROUNDS).await;
        launcher.kill().unwrap();
        launcher.wait().unwrap();
        let half = lab.ours().await;
        let half: Vec<_> = half.into_iter().filter(|one| one.state != InstanceState::Terminated).collect();
        cut_short += usize::from(half.iter().any(|one| one.state == InstanceState::Pending));
        if round % 2 == 0 {
            let whole = lab.cloud.launch(&request(&token, &["a", "b", "c", "d"])).await.unwrap().instances;
            assert!(whole.iter().all(|one| one.state == InstanceState::Running), "{whole:?}");
            assert!(ids(&half).is_subset(&ids(&whole)));
            // One that the killed launcher had only just started may still be about to find that it comes too late.
            let known = ids(&whole);
            eventually("each instance has one init", || inits(&known) == SIZE).await;
            let host = lab.cloud.host("", &whole[3]).unwrap();
            host.reach().await.unwrap();
            assert_eq!(output(&host, "works", "echo yes").await, "yes");
            lab.cloud.terminate(&Vec::from_iter(ids(&whole))).await.unwrap();
            assert_eq!(inits(&ids(&whole)), 0);
        } else {
            lab.cloud.terminate(&Vec::from_iter(ids(&half))).await.unwrap();
            assert_eq!(inits(&ids(&half)), 0);
        }
        lab.assert_no_directories();
    }
    assert!(cut_short > 0, "no launch was cut off half way");
}

#[tokio::test]
async fn a_termination_that_is_killed_anywhere_is_completed() {
    Lab::in_both(kill_terminations).await;
}

async fn kill_terminations(lab: Lab) {
    let whole = whole_time(&lab, "terminate first").await;
    for round in 0..ROUNDS {
        let token = format!("token-{round}");
        let instances = lab.cloud.launch(&request(&token, &["a", "b", "c", "d"])).await.unwrap().instances;
        let mut terminator = start(&lab, &format!("terminate {token}"));
        tokio::time::sleep(whole * round / ROUNDS).await;
        terminator.kill().unwrap();
        terminator.wait().unwrap();
        lab.cloud.terminate(&Vec::from_iter(ids(&instances))).await.unwrap();
        assert_eq!(inits(&ids(&instances)), 0);
        lab.assert_no_directories();
    }
    for instance in lab.ours().await {
        assert_eq!(instance.state, InstanceState::Terminated);
    }
}

#[tokio::test]
async fn looking_completes_what_a_killed_termination_began() {
    let lab = Lab::new(true);
    let (instance, _) = lab.one("token").await;
    // As the ledger stands after the first of a termination's two entries.
    let entry = serde_json::json!({
        "at": "2026-01-01T00:00:00Z",
        "token": "token",
        "instance": {
            "id": instance.id, "state": "shutting-down", "address": null, "private_address": null, "launch_index": 0,
            "tags": {}, "launched_at": "2026-01-01T00:00:00Z", "reason": null
        }
    });
    std::fs::write(lab.directory.path().join("terminated.jsonl"), format!("{entry}\n")).unwrap();
    let shown = lab.ours().await.remove(0);
    assert_eq!(shown.state, InstanceState::Terminated);
    lab.assert_nothing_left(&instance.id, instance.address.as_deref());
    lab.assert_no_directories();
}

#[tokio::test]
async fn what_a_power_cut_leaves_is_cleared_away() {
    let lab = Lab::new(true);
    let (instance, _) = lab.one("token").await;
    let directory = lab.instance_directory(&instance.id);
    let init = crate::local_cloud::support::init_process(&directory);
    crate::local_cloud::support::kill(init);
    eventually("the init has ended", || crate::local_cloud::support::has_ended(init)).await;
    // Files that were not yet on the disk are empty then.
    for file in ["status.json", "token", "init.json"] {
        std::fs::write(directory.join(file), "").unwrap();
    }
    let again = lab.cloud.launch(&request("token", &["web"])).await.unwrap().instances;
    assert_eq!((again.len(), &again[0].id), (1, &instance.id));
    assert_ne!(again[0].state, InstanceState::Running);
    let ids = [instance.id.clone()];
    let shown = lab.cloud.describe(&Selector::Ids(ids.to_vec())).await.unwrap();
    assert_eq!(shown[0].state, InstanceState::Terminated);
    lab.assert_nothing_left(&instance.id, instance.address.as_deref());
    lab.assert_no_directories();
}

#[tokio::test]
async fn two_clouds_of_one_machine_do_not_meet() {
    let (one, other) = (Lab::new(true), Lab::new(false));
    let (first, _) = one.one("token").await;
    let (second, host) = other.one("token").await;
    assert_ne!(first.id, second.id);
    assert_ne!(first.address, second.address);
    one.terminate_all().await;
    assert_eq!(output(&host, "alive", "echo yes").await, "yes");
    other.terminate_all().await;
}

/// All that is promised holds for an ordinary user too: these tests, run by one, on a machine on which something is mounted
/// below `/tmp`, as programs of desktops do.
#[test]
fn an_ordinary_user_can_do_it_all() {
    if !nix::unistd::getuid().is_root() {
        return;
    }
    const NOBODY: u32 = 65534;
    let temporary = tempfile::Builder::new().prefix("hoist-nobody-").tempdir().unwrap();
    std::os::unix::fs::chown(temporary.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let mounted = temporary.path().join("mounted");
    std::fs::create_dir(&mounted).unwrap();
    let as_nobody = "mount -t tmpfs none \"$1\" && shift && \
                     exec setpriv --reuid 65534 --regid 65534 --clear-groups -- \"$@\"";
    let status = Command::new("unshare")
        .args(["--mount", "sh", "-c", as_nobody, "sh"])
        .arg(&mounted)
        .arg(std::env::current_exe().unwrap())
        .args([
            "local_cloud::",
            "--skip",
            "an_ordinary_user_can_do_it_all",
            "--skip",
            "killed_anywhere",
            // It is about a text, and notes beside the program that it was judged.
            "--skip",
            "accepted_by_shells",
            "--test-threads",
            "4",
        ])
        .env("TMPDIR", temporary.path())
        .env("HOME", temporary.path())
        .current_dir(temporary.path())
        .output();
    match status {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => skip("unshare is missing"),
        Err(error) => panic!("{error}"),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{text}");
            assert!(text.contains("passed"), "{text}");
        }
    }
}
