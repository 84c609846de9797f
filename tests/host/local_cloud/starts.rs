//! Inits that are slow to come up, or stop on the way, while their instance is terminated.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use hoist::cloud::local::{LocalCloud, LocalCloudConfig};
use hoist::provider::{Cloud as _, InstanceState};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::local_cloud::support::{Lab, eventually, processes_of, request, write_program};
use crate::local_cloud::tracer::{Stopped, Traced, init_command, start_and_stop};

/// A cloud on the same root whose inits are only pretended to start: what a launch that is killed leaves behind.
fn pretending(lab: &Lab) -> LocalCloud {
    let program = lab.directory.path().join("pretend.sh");
    write_program(&program, "#!/bin/sh\nprintf ready\n");
    let root = lab.directory.path().to_owned();
    LocalCloud::new(LocalCloudConfig { root, init_program: program, namespaces: lab.isolated }).unwrap()
}

/// Instances that are recorded, and whose inits were not started yet.
async fn unborn(cloud: &LocalCloud, token: &str, count: usize) -> Vec<String> {
    let instances = cloud.launch(&request(token, &vec!["web"; count])).await.unwrap().instances;
    assert!(instances.iter().all(|instance| instance.state == InstanceState::Pending), "{instances:?}");
    instances.into_iter().map(|instance| instance.id).collect()
}

#[tokio::test]
async fn an_isolated_init_is_ended_wherever_it_was_stopped_on_its_way_up() {
    if let Some(lab) = Lab::isolated() {
        end_wherever_it_was_stopped(&lab).await;
    }
}

#[tokio::test]
async fn a_plain_init_is_ended_wherever_it_was_stopped_on_its_way_up() {
    end_wherever_it_was_stopped(&Lab::new(false)).await;
}

async fn end_wherever_it_was_stopped(lab: &Lab) {
    /// How many instances are terminated at once, which takes not much longer than one.
    const AT_ONCE: usize = 40;
    /// Of the many calls of its loader and library this many have one point.
    const UNLOCKED_STEP: usize = 8;
    let cloud = pretending(lab);
    let stop = |id: &str, point, whom| start_and_stop(&lab.instance_directory(id), id, point, whom);
    let first = unborn(&cloud, "whole", 1).await.remove(0);
    let whole = stop(&first, usize::MAX, Stopped::Everybody);
    let (calls, unlocked, alone) = (whole.calls, whole.unlocked, whole.alone);
    assert!(whole.over && calls > 50 && unlocked < alone, "{calls} {unlocked} {alone}");
    // Until it takes the lock it is like any other process of its instance, wherever it is stopped.
    let everybody =
        (1..unlocked).step_by(UNLOCKED_STEP).chain(unlocked..=calls).map(|point| (point, Stopped::Everybody));
    // One that is alone is everybody.
    let only_the_one = (alone..=calls).map(|point| (point, Stopped::OnlyTheOne));
    let points: Vec<(usize, Stopped)> = everybody.chain(only_the_one).collect();
    let mut stopped = vec![whole];
    for points in points.chunks(AT_ONCE) {
        let ids = unborn(&cloud, &format!("{:?}", points[0]), points.len()).await;
        stopped.extend(ids.iter().zip(points).map(|(id, &(point, whom))| stop(id, point, whom)));
        lab.cloud.terminate(&ids).await.unwrap_or_else(|error| panic!("of {ids:?}, stopped at {points:?}: {error:?}"));
        for (id, point) in ids.iter().zip(points) {
            assert_eq!(processes_of(id), [] as [String; 0], "stopped at {point:?}");
        }
    }
    lab.terminate_all().await;
    for Traced { mut child, .. } in stopped {
        // What ended while it was traced is waited for already.
        let _ = child.wait();
    }
}

/// An init that a hoist has forked and that was stopped before it became one: nobody can tell yet what it will be.
struct Forked {
    process: Pid,
    starting: std::thread::JoinHandle<std::io::Result<Child>>,
}

impl Forked {
    async fn new(lab: &Lab, id: &str) -> Self {
        let mut command = init_command(&lab.instance_directory(id), id);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let stop = move || {
            nix::unistd::write(&writer, &std::process::id().to_ne_bytes())?;
            Ok(nix::sys::signal::raise(Signal::SIGSTOP)?)
        };
        // SAFETY: two system calls between fork and exec.
        unsafe { command.pre_exec(stop) };
        let starting = std::thread::spawn(move || command.spawn());
        let mut number = [0; 4];
        reader.read_exact(&mut number).unwrap();
        let number = u32::from_ne_bytes(number);
        let state = format!("/proc/{number}/stat");
        eventually("it is stopped", || std::fs::read_to_string(&state).unwrap().contains(") T ")).await;
        Self { process: Pid::from_raw(number.cast_signed()), starting }
    }

    fn goes_on(self) -> ExitStatus {
        kill(self.process, Signal::SIGCONT).unwrap();
        self.starting.join().unwrap().unwrap().wait().unwrap()
    }
}

#[tokio::test]
async fn an_init_that_comes_after_the_end_finds_nothing_to_live_in() {
    let _alone = crate::local_cloud::support::Alone::wait();
    for lab in Lab::both() {
        let cloud = pretending(&lab);
        let id = unborn(&cloud, "token", 1).await.remove(0);
        let late = Forked::new(&lab, &id).await;
        lab.cloud.terminate(std::slice::from_ref(&id)).await.unwrap();
        lab.assert_no_directories();
        assert!(!late.goes_on().success());
        lab.assert_nothing_left(&id, None);
        lab.assert_no_directories();

        // Another one has served and ended meanwhile.
        let id = unborn(&cloud, "another token", 1).await.remove(0);
        let late = Forked::new(&lab, &id).await;
        let instance = lab.cloud.launch(&request("another token", &["web"])).await.unwrap().instances.remove(0);
        assert_eq!((&instance.id, instance.state), (&id, InstanceState::Running));
        crate::local_cloud::support::kill(crate::local_cloud::support::init_process(&lab.instance_directory(&id)));
        eventually("the other is gone", || processes_of(&id).is_empty()).await;
        late.goes_on();
        assert!(processes_of(&id).is_empty(), "an instance has one life");
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn an_init_that_comes_at_any_moment_of_the_end_is_ended() {
    const ROUNDS: u32 = 24;
    for lab in Lab::both() {
        let cloud = pretending(&lab);
        for round in 0..ROUNDS {
            let id = unborn(&cloud, &format!("token {round}"), 1).await.remove(0);
            let late = Forked::new(&lab, &id).await;
            let (cloud, ids) = (lab.cloud.clone(), vec![id.clone()]);
            let ending = tokio::spawn(async move { cloud.terminate(&ids).await });
            // Over a little more than the whole of it.
            tokio::time::sleep(Duration::from_micros(700) * round).await;
            late.goes_on();
            ending.await.unwrap().unwrap();
            lab.assert_nothing_left(&id, None);
            lab.assert_no_directories();
        }
    }
}
