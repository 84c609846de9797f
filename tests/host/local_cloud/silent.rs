//! Inits that do not answer: stopped, or with nobody who takes calls. Every command comes to an end, and says which
//! process that is.

use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hoist::provider::{Content, HostError};
use hoist_test_support::process::kilobytes;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::local_cloud::desk::Desk;
use crate::local_cloud::support::{Here, Lab, init_process, processes_of, run, write_program};

fn send(process: i32, signal: Signal) {
    kill(Pid::from_raw(process), signal).unwrap();
}

/// Calls the init's socket until nobody more fits into the queue of its callers.
fn crowd(directory: &std::path::Path) -> Vec<UnixStream> {
    let status: serde_json::Value = serde_json::from_slice(&fs::read(directory.join("status.json")).unwrap()).unwrap();
    let name = status["contact"]["socket"].as_str().unwrap().to_owned();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    let (told, tellings) = std::sync::mpsc::channel();
    // The one that does not fit waits for ever.
    std::thread::spawn(move || {
        let address = SocketAddr::from_abstract_name(name).unwrap();
        while let Ok(caller) = UnixStream::connect_addr(&address) {
            if told.send(caller).is_err() {
                return;
            }
        }
    });
    let mut callers = Vec::new();
    while let Ok(caller) = tellings.recv_timeout(Duration::from_secs(1)) {
        callers.push(caller);
        assert!(callers.len() < 100_000, "its queue takes everybody");
    }
    callers
}

#[test]
fn a_stopped_init_is_unknown_and_is_ended_when_that_is_asked_for() {
    let mut desk = Desk::new();
    let id = desk.boot("state/hoist.db", "still", &desk.sleep());
    let directory = desk.path("state/local/instances").join(&id);
    let init = init_process(&directory);
    send(init, Signal::SIGSTOP);
    let began = Instant::now();
    let which = format!("process {init}, is stopped");
    let hint = format!("kill -CONT {init}");
    desk.hoist("plan status still").exit(2).says_all(&[&id, &which, &hint, "hoist plan terminate still --force"]);
    desk.hoist("plan resume still").exit(2).says_all(&[&id, &which, &hint]);
    desk.hoist("plan repair still --yes").exit(1).says_all(&[&which, &hint, "nothing was touched"]);
    desk.hoist("orphans").exit(2).says_all(&[&id, &which, &hint]);
    assert!(began.elapsed() < Duration::from_secs(30), "none of them waits for it");
    send(init, Signal::SIGCONT);
    desk.hoist("plan status still").exit(0);

    send(init, Signal::SIGSTOP);
    let callers = crowd(&directory);
    desk.hoist("plan status still").exit(2).says_all(&[&which]);
    desk.hoist("plan terminate still --yes").exit(0);
    desk.assert_ended(&id);
    drop(callers);
}

#[test]
fn who_insists_does_not_wait_for_the_terminate_program_of_a_stopped_machine() {
    let mut desk = Desk::new();
    let plan = "name = 'still'\n[[levels]]\n[levels.services.a]\nterminate = 'end.sh'\n";
    fs::write(desk.path("still.toml"), plan).unwrap();
    write_program(&desk.path("end.sh"), "#!/bin/sh\nexit 0\n");
    desk.hoist("plan boot still.toml").exit(0);
    let id = desk.instance("still");
    let init = init_process(&desk.path("state/local/instances").join(&id));
    send(init, Signal::SIGSTOP);
    let began = Instant::now();
    let said = desk.hoist("plan terminate still --force --yes").exit(0);
    said.says_all(&["its terminate program failed", &format!("process {init}"), "is stopped"]);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(processes_of(&id), [] as [String; 0]);
}

/// Far longer than it takes to see that an init is stopped.
async fn within<T>(talk: impl Future<Output = T>) -> Result<T, tokio::time::error::Elapsed> {
    tokio::time::timeout(Duration::from_secs(20), talk).await
}

#[track_caller]
fn is_silent<T: std::fmt::Debug>(asked: Result<Result<T, HostError>, tokio::time::error::Elapsed>, init: i32) {
    let error = asked.expect("it comes to an end").unwrap_err();
    assert!(matches!(error, HostError::Unreachable(_)), "{error:?}");
    let complaint = error.into_complaint();
    assert!(complaint.reason.contains(&format!("process {init}")), "{complaint:?}");
    assert!(complaint.contains("stopped") && complaint.contains(&format!("kill -CONT {init}")), "{complaint:?}");
}

#[tokio::test]
async fn every_talk_with_a_stopped_init_comes_to_an_end() {
    Lab::in_both(|lab| async move {
        let (instance, host) = lab.one("token").await;
        let directory = lab.instance_directory(&instance.id);
        let init = init_process(&directory);
        // More than fits into any queue of bytes.
        let large = Content::Bytes(vec![7; 16 << 20]);
        let path = host.stage_base().join("large");
        send(init, Signal::SIGSTOP);
        let mut callers = Vec::new();
        for _ in 0..2 {
            is_silent(within(run(&host, "key", "true")).await, init);
            is_silent(within(host.put(&path, &large, 0o600)).await, init);
            is_silent(within(host.download(&path, 10)).await, init);
            is_silent(within(host.remove(&path)).await, init);
            callers = crowd(&directory);
        }
        drop(callers);
        send(init, Signal::SIGCONT);
        assert!(run(&host, "after", "true").await.unwrap().outcome.success());
        lab.terminate_all().await;
    })
    .await;
}

#[tokio::test]
async fn a_program_may_take_its_time_on_an_init_that_answers() {
    let lab = Lab::new(true);
    let (_, host) = lab.one("token").await;
    // Longer than it takes to ask twice whether its init is there.
    assert!(run(&host, "slow", "sleep 4").await.unwrap().outcome.success());
    lab.terminate_all().await;
}

#[tokio::test]
async fn a_stopped_init_on_this_host_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let here = Here::new(&directory);
    here.host.reach().await.unwrap();
    let init = init_process(&here.place);
    send(init, Signal::SIGSTOP);
    is_silent(within(run(&here.host, "key", "true")).await, init);
    here.host.release().await.unwrap();
}

/// Not a test: what the next one runs, to see how much it takes.
#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn large_file_helper() {
    const SIZE: u64 = 200 << 20;
    let lab = Lab::new(true);
    let (_, host) = lab.one("token").await;
    let source = lab.directory.path().join("large");
    fs::File::create(&source).unwrap().set_len(SIZE).unwrap();
    let path = host.stage_base().join("large");
    host.put(&path, &Content::File(source.clone()), 0o600).await.unwrap();
    let told = run(&host, "size", &format!("wc -c < {}", path.display())).await.unwrap().output;
    assert_eq!(told.trim(), SIZE.to_string());
    let peak = kilobytes(std::process::id(), "VmHWM").unwrap();
    assert!(peak * 1024 < SIZE / 2, "{peak} kB were needed at once");
    // One that holds less than it seems to is no other file.
    let short = PathBuf::from("/sys/devices/system/cpu/online");
    if fs::metadata(&short).is_ok_and(|found| found.len() > fs::read(&short).unwrap().len() as u64) {
        let error = host.put(&path, &Content::File(short), 0o600).await.unwrap_err();
        assert!(matches!(&error, HostError::Failed(complaint) if complaint.contains("became shorter")), "{error:?}");
        assert_eq!(run(&host, "same", &format!("wc -c < {}", path.display())).await.unwrap().output, told);
    }
    lab.terminate_all().await;
}

#[test]
fn a_large_file_is_sent_piece_by_piece() {
    let output = crate::local_cloud::support::run_helper(module_path!(), "large_file_helper", &[], &[]);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
