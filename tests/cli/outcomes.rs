//! Ends that are neither success nor failure: interrupted, partly done, degraded.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::signal::Signal;

use crate::lab::{Lab, eventually};
use hoist_test_support::skip::skip;

const PLAN: &str = "[[levels]]\n[levels.services.web]\nboot = \"wait.sh\"\nterminate = \"bye.sh\"\n[[levels]]\n[levels.services.front]\n";

fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    lab.gated_program("wait.sh", "echo booted").program("bye.sh", "exit 0");
    lab
}

#[test]
fn the_first_signal_stops_safely_and_the_commands_it_names_go_on() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let lab = lab();
        let boot = lab.hoist("plan boot demo.toml").spawn();
        let gate = lab.await_gate("web");
        boot.signal(signal);
        let stopped = boot.wait().exit(code).stdout(
            "demo stopped: 0 of 2 services ready, 2 instances left
  level1  web  ADDRESS  INSTANCE
  level2  front  ADDRESS  INSTANCE
  hoist plan resume demo  goes on
  hoist plan terminate demo  brings everything down
",
        );
        let stopping = "\nhoist: stopping: calls under way are finished and recorded; once more stops waiting\n";
        assert!(stopped.stderr.ends_with(stopping), "{stopped}");
        let before = lab.service("demo", "web");
        assert_eq!(before["state"], "booting");
        let logs = lab.hoist("plan logs demo web --program boot").exit(0);
        logs.says("── web: its boot program runs, since ").never_says("no program has run");

        let resume = lab.hoist("plan resume demo").spawn();
        gate.open();
        resume.wait().exit(0);
        let after = lab.service("demo", "web");
        assert_eq!((&after["state"], &after["instance_id"]), (&"ready".into(), &before["instance_id"]));
        let logs = lab.hoist("plan logs demo web -o json").exit(0).json();
        assert_eq!(logs["services"][0]["programs"].as_array().unwrap().len(), 1, "the program ran once: {logs:#}");
        lab.hoist("plan terminate demo").exit(0);
        lab.assert_nothing_runs();
    }
}

#[test]
fn a_terminate_that_was_stopped_is_finished_by_the_next() {
    let lab = lab();
    lab.program("wait.sh", "exit 0").gated_program("bye.sh", "exit 0");
    lab.hoist("plan boot demo.toml").exit(0);
    let terminate = lab.hoist("plan terminate demo").spawn();
    let gate = lab.await_gate("web");
    terminate.signal(Signal::SIGINT);
    terminate.wait().exit(130).says("demo stopped: 0 of 2 services ready, 1 instance left\n");
    let again = lab.hoist("plan terminate demo").spawn();
    gate.open();
    again.wait().exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn the_second_signal_waits_for_nothing() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    // As if another hoist were busy with this cloud for a long time: the launch waits for it. The first byte is for
    // opening the cloud.
    let locks = lab.path("state/local/locks");
    fs::create_dir_all(locks.parent().unwrap()).unwrap();
    let busy = fs::File::create(locks).unwrap();
    let whole = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 1,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&busy, FcntlArg::F_OFD_SETLK(&whole)).unwrap();

    let mut boot = lab.hoist("plan boot demo.toml -o jsonl").spawn();
    eventually("the launch is announced", || boot.stdout().contains("\"launch-intended\"").then_some(()));
    boot.signal(Signal::SIGINT);
    eventually("it says that it stops", || boot.stderr().contains("once more stops waiting").then_some(()));
    assert!(!boot.is_over(), "a launch that was begun is waited for");
    boot.signal(Signal::SIGINT);
    let stopped = boot.wait().exit(130);
    assert_eq!(stopped.json_lines().last().unwrap()["outcome"], "stopped");
    assert!(stopped.stderr.ends_with("  hoist plan terminate demo  brings everything down\n"), "{stopped}");
    drop(busy);

    lab.hoist("plan resume demo").exit(0);
    assert_eq!(lab.instances().len(), 1);
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_pipe_that_nobody_reads_ends_nothing() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    lab.shell("$HOIST plan boot demo.toml -v 2>&1 | true").exit(0);
    lab.hoist("plan show demo").exit(0).says("demo is up  demo.toml\n");
    lab.shell("$HOIST plan show demo -o json | true").exit(0).stderr("");
    lab.hoist("plan terminate demo").exit(0);
}

#[test]
fn what_cannot_be_removed_is_named_and_removed_later() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\n[levels.services.db]\n[[levels]]\n[levels.services.front]\n",
    );
    lab.hoist("plan boot demo.toml").exit(0);
    let id = lab.service("demo", "web")["instance_id"].as_str().unwrap().to_owned();
    let Some(stuck) = Stuck::new(&lab.path("state/local/instances").join(&id)) else {
        return skip("no file can be made unremovable here (chattr +i)");
    };
    let partly = lab.hoist("plan terminate demo").exit(3);
    let head = "\ndemo is not gone: what is listed here is still there\n";
    assert!(partly.stdout.starts_with(head), "{partly}");
    let named: Vec<&str> = partly.stdout.lines().filter(|line| line.contains(": could not remove ")).collect();
    assert!(named[0].starts_with("  web: could not remove INSTANCE: cannot "), "{partly}");
    if matches!(stuck, Stuck::Immutable(_)) {
        assert_eq!(named.len(), 1, "what could be removed is not among it\n{partly}");
        assert!(partly.stdout.contains("    try: remove it as its owner "), "{partly}");
    }
    let partly = partly.says(
        "  hoist plan terminate demo  goes on
  hoist plan history demo  lists every machine
",
    );
    assert!(partly.stderr.contains("✗ web failed in stage terminate: could not remove INSTANCE: "), "{partly}");
    assert_eq!(lab.hoist("plan terminate demo -o json").exit(3).json()["outcome"], "remains");
    lab.hoist("plan status demo").exit(1).says("  hoist plan terminate demo  goes on\n");
    lab.hoist("plan list").exit(0).says("demo  terminating  ");
    drop(stuck);
    lab.hoist("plan terminate demo").exit(0).stdout("demo is gone: 3 services, nothing is left of them, TIME\n");
    lab.assert_nothing_runs();
}

/// An instance's directory that cannot be removed until this is dropped.
enum Stuck {
    /// A file in it that even root cannot remove.
    Immutable(PathBuf),
    /// The directory above it, in which this user may not write.
    Closed(PathBuf),
}

impl Stuck {
    fn new(instance: &Path) -> Option<Self> {
        if nix::unistd::geteuid().is_root() {
            let file = instance.join("home/immutable");
            fs::write(&file, "").unwrap();
            return chattr("+i", &file).then_some(Self::Immutable(file));
        }
        let above = instance.parent().unwrap().to_path_buf();
        fs::set_permissions(&above, fs::Permissions::from_mode(0o500)).unwrap();
        Some(Self::Closed(above))
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        match self {
            Self::Immutable(file) => {
                // It may have been moved with its directory.
                let instances = file.ancestors().nth(3).unwrap();
                for file in
                    hoist_test_support::tree::files(instances).iter().filter(|file| file.ends_with("home/immutable"))
                {
                    chattr("-i", file);
                }
            }
            Self::Closed(above) => fs::set_permissions(above, fs::Permissions::from_mode(0o700)).unwrap(),
        }
    }
}

fn chattr(change: &str, file: &Path) -> bool {
    Command::new("chattr").arg(change).arg(file).output().is_ok_and(|output| output.status.success())
}

#[test]
fn an_optional_check_that_fails_degrades() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nready = { program = \"ready.sh\", optional = true, retries = 0 }\n[[levels]]\n[levels.services.front]\n",
    );
    lab.program("ready.sh", "echo slow today; exit 9");
    let why = "ready.sh ended with exit code 9";
    let booted = lab.hoist("plan boot demo.toml").exit(0);
    assert!(booted.stdout.contains(&format!("  degraded web: {why}\n")), "{booted}");
    let status = lab.hoist("plan status demo").exit(2);
    assert!(status.stdout.starts_with("demo is up, degraded (checked now)\n"), "{status}");
    assert!(status.stdout.ends_with(&format!("! web: {why}\n")), "{status}");
    let status = lab.hoist("plan status demo -o json").exit(2).json();
    assert_eq!((&status["healthy"], &status["degraded"]), (&true.into(), &true.into()));
    lab.program("ready.sh", "exit 0");
    lab.hoist("plan status demo").exit(0).says("demo is up, healthy (checked now)\n");
}
