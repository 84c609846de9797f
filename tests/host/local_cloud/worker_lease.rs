//! The script by which a worker follows its lease, on an instance and on a machine whose manager is lost.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hoist::provider::Cloud as _;
use hoist_test_support::judges::lint_shells;
use jiff::{SignedDuration, Timestamp};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::local_cloud::support::{Lab, eventually, output, request, run};

/// The function as workers have it.
fn follow_lease() -> String {
    let (comment, function) =
        include_str!("../../../templates/partials/worker-lease.hbs").split_once("--}}\n").unwrap();
    assert!(comment.starts_with("{{!--") && !function.contains("{{"), "{function}");
    function.to_owned()
}

/// The function with hooks that tell, without long pauses, and with nothing that turns this machine off.
fn script(call: &str) -> String {
    let hooks = "sleep() { env sleep 0.1; }\naccept_no_work() { echo no-work; }\naccept_work() { echo work; }\n\
                 logger() { :; }\nshutdown() { echo off; exit 0; }\npoweroff() { exit 1; }\n";
    format!("set -eu\n{hooks}{}\n{call}\n", follow_lease())
}

#[test]
fn the_function_is_accepted_by_shells() {
    let call = "accept_no_work() { :; }\naccept_work() { :; }\nfollow_lease /run/hoist/lease 60";
    let script = format!("#!/bin/bash\nset -eu\n{}\n{call}\n", follow_lease());
    lint_shells(&[("worker-lease".to_owned(), script)].into());
}

#[tokio::test]
async fn a_worker_stops_accepting_in_the_last_part_of_its_lease_and_goes_on_when_that_is_renewed() {
    Lab::in_both(|lab| async move {
        let in_minutes = |minutes| Timestamp::now() + SignedDuration::from_mins(minutes);
        let mut leased = request("leased", &["web"]);
        leased.expires_at = Some(in_minutes(90));
        let instance = lab.cloud.launch(&leased).await.unwrap().instances.remove(0);
        let host = lab.cloud.host("web", &instance).unwrap();
        host.reach().await.unwrap();
        let follow = script("follow_lease \"$HOIST_LEASE_FILE\" 3600 >> \"$HOME/told\"");
        run(&host, "1", &format!("cat > \"$HOME/follow\" << 'END OF SCRIPT'\n{follow}\nEND OF SCRIPT")).await.unwrap();
        run(&host, "2", "nohup bash \"$HOME/follow\" > \"$HOME/wrong\" 2>&1 &").await.unwrap();
        let told = lab.instance_directory(&instance.id).join("home/told");
        let told = || std::fs::read_to_string(&told).unwrap_or_default();
        eventually("it has begun", || lab.instance_directory(&instance.id).join("home/told").exists()).await;
        let renew = async |minutes| {
            let ids = std::slice::from_ref(&instance.id);
            assert_eq!(lab.cloud.renew(ids, in_minutes(minutes)).await.unwrap(), ids);
        };
        renew(59).await;
        eventually("it accepts no work", || told() == "no-work\n").await;
        renew(120).await;
        eventually("it accepts work again", || told() == "no-work\nwork\n").await;
        renew(1).await;
        eventually("it accepts no work again", || told() == "no-work\nwork\nno-work\n").await;
        assert_eq!(output(&host, "3", "cat \"$HOME/wrong\"").await, "");
        lab.terminate_all().await;
    })
    .await;
}

/// A script at work, which is ended when this is dropped.
struct Follower(Child);

impl Drop for Follower {
    fn drop(&mut self) {
        // Of one that has ended nothing is left.
        let _ = killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

#[test]
fn a_machine_whose_manager_is_lost_powers_itself_off_and_another_does_not() {
    let manager = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = manager.local_addr().unwrap().port();
    let text = script(&format!("follow_lease /nonexistent/lease 60 127.0.0.1 {port}"));
    assert_eq!(text.matches("-ge 600").count(), 1);
    let text = text.replace("-ge 600", "-ge 3");
    let began = Instant::now();
    let mut bash = Command::new("bash");
    let bash = bash.args(["-c", &text]).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let mut follower = Follower(bash.spawn().unwrap());
    let reader = BufReader::new(follower.0.stdout.take().unwrap());
    // The manager answers for longer than it may be silent.
    std::thread::sleep(Duration::from_secs(5));
    assert!(follower.0.try_wait().unwrap().is_none(), "it is off although its manager answers");
    drop(manager);
    let lost = Instant::now();
    assert_eq!(reader.lines().map_while(Result::ok).collect::<Vec<_>>(), ["off"]);
    // Seconds are whole ones.
    assert!(lost.elapsed() >= Duration::from_millis(1500), "{:?} of {:?}", lost.elapsed(), began.elapsed());
}
