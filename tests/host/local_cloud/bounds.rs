//! Full disks, few descriptors, many instances, odd paths: what is scarce or strange is borne or named.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hoist::cloud::local::{LocalCloud, LocalCloudConfig};
use hoist::provider::{Cloud as _, ExitOutcome, Host, InstanceState, Selector};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::local_cloud::support::{
    Cleared, Lab, assert_no_sockets, init_process, init_program, is_root, open, output, request, run, run_helper,
};
use hoist_test_support::process::computed;
use hoist_test_support::skip::skip;

#[tokio::test]
async fn the_directory_may_be_anywhere() {
    let long = format!("{}/{}", "a".repeat(120), "b".repeat(120));
    for name in [" with  spaces ", "ünï/cödé/文件", "quote's \"and\" $more;\\040\n", &long] {
        for namespaces in [true, false] {
            let outer = tempfile::tempdir().unwrap();
            let cloud = open(&outer.path().join(name), namespaces);
            let _guard = Cleared(outer.path().join(name).join("instances"));
            let instance = cloud.launch(&request("token", &["web"])).await.unwrap().instances.remove(0);
            let host = cloud.host("web", &instance).unwrap();
            host.reach().await.unwrap();
            let script = "echo x > \"$HOME/file\" && mktemp > /dev/null && cat \"$HOME/file\"";
            assert_eq!(output(&host, "key", script).await, "x");
            let path = host.stage_base().join("web/boot.sh");
            let content = b"#!/bin/sh\necho uploaded\n".to_vec();
            host.upload(&hoist::provider::Upload { path: path.clone(), content, mode: 0o755 }).await.unwrap();
            let mut command = crate::local_cloud::support::shell("upload", "");
            command.argv = vec![path.display().to_string()];
            assert_eq!(host.run(&command).await.unwrap().output, "uploaded\n");
            cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
            assert_eq!(crate::local_cloud::support::processes_of(&instance.id), [] as [String; 0]);
            assert_eq!(std::fs::read_dir(outer.path().join(name).join("instances")).unwrap().count(), 0);
        }
    }
}

#[test]
fn a_directory_whose_name_is_not_text_is_refused() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join(PathBuf::from(std::ffi::OsString::from_vec(b"\xff".to_vec())));
    let config = LocalCloudConfig { root, init_program: init_program(), namespaces: false };
    let error = LocalCloud::new(config).unwrap_err();
    assert!(error.message.contains("UTF-8") && error.hint.unwrap().contains("HOIST_STATE"), "{}", error.message);
}

/// Where a helper's cloud lives, in its environment.
const ROOT: &str = "LOCAL_CLOUD_TEST_BOUNDS_ROOT";

fn root_of_helper() -> PathBuf {
    std::env::var_os(ROOT).expect("another test runs this").into()
}

/// Not a test: what the next one runs with little room on its disk.
#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn full_disk_helper() {
    const PAGE: usize = 4096;
    let root = root_of_helper();
    for namespaces in [true, false] {
        let cloud = open(&root, namespaces);
        let _guard = Cleared(root.join("instances"));
        // Something that stands while the disk fills.
        let standing = cloud.launch(&request("standing", &["web"])).await.unwrap().instances.remove(0);
        let host = cloud.host("web", &standing).unwrap();
        host.reach().await.unwrap();
        let (mut refused, mut launched) = (0, 0);
        for pages in (0..16).chain((16..40).step_by(6)) {
            fill(&root, PAGE * pages);
            match cloud.launch(&request(&format!("{namespaces} {pages}"), &["web", "database"])).await {
                Ok(answer) => {
                    launched += 1;
                    std::fs::remove_file(root.join("filler")).unwrap();
                    let ids: Vec<String> = answer.instances.into_iter().map(|instance| instance.id).collect();
                    cloud.terminate(&ids).await.unwrap();
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.message.contains("No space left") && error.hint.is_some(), "{error:?}");
                    std::fs::remove_file(root.join("filler")).unwrap();
                    let left = cloud.describe(&Selector::ManagedByHoist).await.unwrap();
                    let ids: Vec<String> = left
                        .iter()
                        .filter(|one| one.state != InstanceState::Terminated && one.id != standing.id)
                        .map(|one| one.id.clone())
                        .collect();
                    // Some of a launch may have had the room that others had not.
                    assert!(ids.len() < 3 && left.iter().all(|one| one.state != InstanceState::ShuttingDown));
                    cloud.terminate(&ids).await.unwrap();
                }
            }
            assert_eq!(std::fs::read_dir(root.join("instances")).unwrap().count(), 1);
            assert_eq!(std::fs::read_dir(root.join("reservations")).unwrap().count(), 1);
        }
        assert!(refused > 3 && launched > 0, "{refused} refused, {launched} launched");

        fill(&root, 0);
        let error = run(&host, "unrecorded", "true").await.unwrap_err();
        assert!(error.to_string().contains("No space left"), "{error}");
        std::fs::remove_file(root.join("filler")).unwrap();
        // The disk fills while a command runs: what became of it is known all the same.
        let recorded = "until grep -q filling \"$HOME\"/../runs/*.json; do sleep 0.01; done";
        let script = format!("{recorded}; cat /dev/zero > \"$HOME/filler\"; true");
        for _ in 0..2 {
            assert_eq!(run(&host, "filling", &script).await.unwrap().outcome, ExitOutcome::Exit(0));
        }
        std::fs::remove_file(root.join("instances").join(&standing.id).join("home/filler")).unwrap();
        cloud.terminate(&[standing.id]).await.unwrap();
        std::fs::remove_file(root.join("terminated.jsonl")).unwrap();
    }
}

/// Fills the disk but for so many bytes.
fn fill(root: &Path, free: usize) {
    let page = [0; 4096];
    let mut filler = std::fs::File::create(root.join("filler")).unwrap();
    while filler.write_all(&page).is_ok() {}
    let length = filler.metadata().unwrap().len().saturating_sub(free as u64);
    filler.set_len(length).unwrap();
}

#[test]
fn a_full_disk_is_named_and_nothing_is_left_half_made() {
    // A disk of its own, which ends with the process.
    let mount = "mount -t tmpfs -o size=2m,mode=0700 small \"$LOCAL_CLOUD_TEST_BOUNDS_ROOT\" && exec \"$0\" \"$@\"";
    let root = tempfile::tempdir().unwrap();
    let around = ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c", mount];
    let output = run_helper(module_path!(), "full_disk_helper", &around, &[(ROOT, root.path().as_os_str())]);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if text.contains("unshare failed") || text.contains("mount:") {
        skip(&text);
    } else {
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}

/// Not a test: what the next one runs with few descriptors.
#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn many_helper() {
    const DEFAULT_LIMIT: u64 = 1024;
    let count = if is_root() { 500 } else { 100 };
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, DEFAULT_LIMIT, most).unwrap();
    let lab = Lab::new(true);
    let names: Vec<String> = (0..count).map(|number| format!("web-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let instances = lab.cloud.launch(&request("many", &names)).await.unwrap().instances;
    let addresses: BTreeSet<String> = instances.iter().filter_map(|one| one.address.clone()).collect();
    assert_eq!(addresses.len(), count);
    assert!(instances.iter().enumerate().all(|(index, one)| one.launch_index == index));
    assert_eq!(lab.ours().await.len(), count);
    let hosts: Vec<Arc<dyn Host>> = instances.iter().map(|one| lab.cloud.host("web", one).unwrap()).collect();
    let mut running = tokio::task::JoinSet::new();
    for host in hosts.clone() {
        running.spawn(async move { output(&host, "key", "echo $HOIST_INSTANCE").await });
    }
    let answers: BTreeSet<String> = running.join_all().await.into_iter().collect();
    assert!(instances.iter().all(|one| answers.contains(&one.id)));

    // More clients than an init has descriptors, none of which says a word.
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    let name = format!("hoist-instance/{}", instances[0].address.as_ref().unwrap());
    let address = SocketAddr::from_abstract_name(name).unwrap();
    let silent: Vec<UnixStream> = (0..2 * DEFAULT_LIMIT).map(|_| UnixStream::connect_addr(&address).unwrap()).collect();
    let init = init_process(&lab.instance_directory(&instances[0].id));
    let init = u32::try_from(init).unwrap();
    let before = computed(init);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let spun = computed(init) - before;
    assert!(spun < Duration::from_millis(150), "it spins: {spun:?}");
    drop(silent);
    assert_eq!(output(&hosts[0], "after", "echo there").await, "there");
    lab.terminate_all().await;
    assert_no_sockets(addresses.iter().map(String::as_str));
}

#[test]
fn hundreds_of_instances_live_within_the_usual_limits() {
    let output = run_helper(module_path!(), "many_helper", &[], &[]);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
