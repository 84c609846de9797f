//! A state file that goes away while a run is raised, and directories beside it that somebody else planted.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lab::{Lab, eventually};
use crate::traces;

const PLAN: &str =
    "name = \"demo\"\n[defaults]\ncloud = \"local\"\n[[levels]]\n[levels.services.web]\nboot = \"boot.sh\"\n";

/// A lab in which a machine is up when a program of this machine does something to the state file.
fn lab(script: &str) -> Lab {
    let second = "[[levels]]\n[levels.services.breaker]\nrun_on = \"this-host\"\nboot = \"break.sh\"\n";
    let lab = Lab::with_plan(&format!("{PLAN}{second}"));
    lab.program("boot.sh", "exit 0");
    lab.program("break.sh", &script.replace("STATE", &lab.state().display().to_string()));
    lab
}

#[track_caller]
fn stopped(lab: &Lab, what: &str, hints: &[&str]) {
    let ran = lab.hoist("plan boot demo.toml").exit(1);
    assert!(ran.stderr.contains(&format!("{what} while hoist worked with it")), "{}", ran.stderr);
    assert!(ran.stderr.contains("recorded nowhere"), "{}", ran.stderr);
    // What was made is named, and so is what ends it.
    assert_eq!(lab.instances().len(), 1, "the machine is there");
    assert!(ran.stderr.contains("INSTANCE (web)"), "{}", ran.stderr);
    let said: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix("  try: ")).collect();
    assert_eq!(said, hints, "{}", ran.stderr);
    assert!(!ran.stdout.contains("is up"), "{}", ran.stdout);
}

/// The program on this machine has ended; its init knows of no run that would let it go.
fn let_go(lab: &Lab) {
    for init in traces::processes(lab.root()).iter().filter(|process| process.contains("/this-host/")) {
        let process = init.split(' ').next().unwrap().parse().unwrap();
        kill(Pid::from_raw(process), Signal::SIGKILL).unwrap();
        eventually("it has ended", || (!traces::is_running(process)).then_some(()));
    }
    fs::remove_dir_all(lab.path("state/this-host")).unwrap();
}

#[test]
fn a_state_file_that_is_removed_during_a_boot_stops_it() {
    let lab = lab("rm -f STATE STATE-wal STATE-shm");
    let hints =
        ["hoist orphans shows what the clouds have of it", "hoist orphans --terminate --other-states ends that"];
    stopped(&lab, "was removed", &hints);
    let_go(&lab);
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_state_file_that_is_replaced_during_a_boot_stops_it() {
    let lab = lab("cp STATE STATE.copy && mv STATE.copy STATE");
    // The copy and the log beside it have the run.
    stopped(&lab, "was replaced by another file", &["hoist plan resume demo"]);
    lab.hoist("plan status demo").exit(1).says("  hoist plan resume demo  ").never_says("orphans");
    lab.program("break.sh", "exit 0");
    let machines = lab.instances();
    lab.hoist("plan resume demo").exit(0);
    assert_eq!(lab.instances(), machines);
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_state_file_that_is_replaced_by_one_without_the_run_stops_it_too() {
    let lab = lab("rm -f STATE STATE-wal STATE-shm STATE-head; : > STATE.new; chmod 600 STATE.new; mv STATE.new STATE");
    let hints =
        ["hoist orphans shows what the clouds have of it", "hoist orphans --terminate --other-states ends that"];
    stopped(&lab, "was replaced by another file", &hints);
    let_go(&lab);
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_damaged_file_does_not_keep_the_clouds_from_being_asked() {
    let lab = Lab::with_plan(PLAN);
    lab.program("boot.sh", "exit 0");
    lab.hoist("plan boot demo.toml").exit(0);
    let sound = fs::read(lab.state()).unwrap();
    let mut damaged = sound.clone();
    let at = damaged.windows(8).rposition(|window| window == b"\"booted\"").expect("a record");
    damaged[at + 1] ^= 1;
    fs::write(lab.state(), damaged).unwrap();
    let ran = lab.hoist("plan terminate demo").exit(1);
    assert!(ran.stderr.contains("is damaged: record ") && ran.stderr.contains("hoist orphans"), "{}", ran.stderr);
    // The machine is shown, and nothing is ended on the word of a damaged record.
    for words in ["orphans", "orphans --terminate --yes"] {
        let ran = lab.hoist(words).exit(3);
        assert!(ran.stdout.contains("INSTANCE  local  running"), "{}", ran.stdout);
        assert!(ran.stderr.contains("is damaged") && ran.stderr.contains("nothing is ended"), "{}", ran.stderr);
        assert_eq!(lab.instances().len(), 1);
    }
    fs::write(lab.state(), sound).unwrap();
    let said = lab.hoist("plan list").exit(1).stderr;
    assert!(said.contains("lacks what was recorded last") && said.contains("rm state/hoist.db-head"), "{said}");
    fs::remove_file(lab.path("state/hoist.db-head")).unwrap();
    lab.hoist("plan terminate demo").exit(0);
}

#[test]
fn what_was_planted_beside_the_file_is_not_used() {
    for name in ["local", "this-host", "ssh"] {
        let lab = Lab::with_plan(PLAN);
        lab.program("boot.sh", "exit 0");
        let elsewhere = lab.path("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        fs::create_dir(lab.path("state")).unwrap();
        symlink(&elsewhere, lab.path("state").join(name)).unwrap();
        let ran = lab.hoist("plan boot demo.toml").exit(1);
        assert!(ran.stderr.contains(&format!("state/{name} is a symbolic link")), "{}", ran.stderr);
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        fs::remove_file(lab.path("state").join(name)).unwrap();
        fs::create_dir(lab.path("state").join(name)).unwrap();
        fs::set_permissions(lab.path("state").join(name), fs::Permissions::from_mode(0o777)).unwrap();
        let ran = lab.hoist("plan boot demo.toml").exit(1);
        assert!(ran.stderr.contains("may be changed by others (mode 0777)"), "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("state/{name}\n")) && ran.stderr.contains("chmod go-w "),
            "{}",
            ran.stderr
        );
        fs::set_permissions(lab.path("state").join(name), fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn what_was_done_to_the_local_cloud_is_undone_by_what_is_said_and_replaces_nothing() {
    for (what, harm, remedy, told) in [
        ("may be changed by others (mode 0777)", "chmod 777 LOCAL", "chmod go-w LOCAL", "chmod go-w LOCAL"),
        (
            "is a symbolic link",
            "mv LOCAL AWAY && ln -s away LOCAL",
            "rm LOCAL && mv AWAY LOCAL",
            "rm LOCAL && mv AWAY LOCAL",
        ),
        (
            "is no directory",
            "mv LOCAL AWAY && touch LOCAL",
            "rm LOCAL && mv AWAY LOCAL",
            "move LOCAL away, and put the directory back",
        ),
        ("is no regular file", "rm LOCAL/locks && mkdir LOCAL/locks", "rmdir LOCAL/locks", "move LOCAL/locks away"),
    ] {
        let lab = Lab::with_plan(PLAN);
        let placed = |text: &str| {
            let place = |name: &str| lab.path("state").join(name).display().to_string();
            text.replace("LOCAL", &place("local")).replace("AWAY", &place("away"))
        };
        lab.program("boot.sh", "exit 0");
        lab.hoist("plan boot demo.toml").exit(0);
        lab.shell(&placed(harm)).exit(0);
        for (command, code) in [
            ("plan status", 2),
            ("plan resume", 2),
            ("plan repair", 1),
            ("plan reload demo.toml -n", 1),
            ("plan terminate", 3),
        ] {
            let ran = lab.hoist(&format!("{command} demo")).exit(code);
            let said = format!("{}{}", ran.raw_stdout, ran.raw_stderr);
            assert!(said.contains(what) && said.contains(&placed(told)), "{command}: {ran}");
            assert!(!said.contains("--state"), "another state file knows nothing of the run: {ran}");
        }
        lab.shell(&placed(remedy)).exit(0);
        assert_eq!(lab.instances().len(), 1, "nothing was done");
        lab.hoist("plan terminate demo").exit(0);
        lab.assert_nothing_runs();
    }
}

#[test]
fn links_in_the_place_of_the_files_beside_it_are_refused() {
    let lab = Lab::with_plan(PLAN);
    lab.program("boot.sh", "exit 0");
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan terminate demo").exit(0);
    lab.file("precious", "precious");
    for suffix in ["-head", "-reserve"] {
        let planted = lab.path(&format!("state/hoist.db{suffix}"));
        let kept = fs::read(&planted).unwrap();
        fs::remove_file(&planted).unwrap();
        symlink(lab.path("precious"), &planted).unwrap();
        let ran = lab.hoist("plan boot demo.toml").exit(1);
        assert!(ran.stderr.contains(&format!("hoist.db{suffix} is a symbolic link")), "{}", ran.stderr);
        assert_eq!(fs::read(lab.path("precious")).unwrap(), b"precious");
        fs::remove_file(&planted).unwrap();
        fs::write(&planted, kept).unwrap();
        fs::set_permissions(&planted, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_state_file_that_is_spoilt_in_its_place_during_a_boot_stops_it() {
    for script in [
        ": > STATE",
        "truncate -s 4096 STATE",
        "truncate -s 1 STATE",
        "head -c 200000 /dev/urandom > STATE",
        "truncate -s 0 STATE-wal",
        "truncate -s 100 STATE-wal",
    ] {
        let lab = lab(script);
        // What was there before was worked into the file itself.
        lab.hoist("plan list").exit(0);
        let ran = lab.hoist("plan boot demo.toml").exit(1);
        assert!(ran.stderr.contains("recorded nowhere"), "{script}: {}", ran.stderr);
        assert!(ran.stderr.contains("INSTANCE (web)"), "{script}: {}", ran.stderr);
        assert!(!ran.stdout.contains("is up"), "{script}: {}", ran.stdout);
        let_go(&lab);
        // Whatever is left of it, this ends what it knew.
        let _ = fs::remove_file(lab.state());
        for beside in ["state/hoist.db-wal", "state/hoist.db-shm"] {
            let _ = fs::remove_file(lab.path(beside));
        }
        assert!(lab.hoist("plan list").exit(1).stderr.contains("lacks what was recorded last"), "{script}");
        lab.hoist("orphans --terminate --other-states --yes").exit(0);
        lab.assert_nothing_runs();
    }
}

#[test]
fn a_copy_of_the_state_file_elsewhere_ends_nothing_that_works() {
    let lab = Lab::with_plan(PLAN);
    lab.program("boot.sh", "exit 0");
    lab.hoist("plan boot demo.toml").exit(0);
    let machines = lab.instances();
    let copy = lab.path("copy");
    fs::create_dir(&copy).unwrap();
    for part in ["hoist.db", "hoist.db-head"] {
        fs::copy(lab.path("state").join(part), copy.join(part)).unwrap();
    }
    let of_copy = |words: &str| lab.hoist(&format!("--state copy/hoist.db {words}"));
    let ran = of_copy("plan status demo").exit(2);
    assert!(ran.stdout.contains("state/local has it") && ran.stdout.contains("--state"), "{}", ran.stdout);
    let ran = of_copy("plan repair demo").exit(1);
    assert!(ran.stderr.contains("state/local has it"), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(lab.instances(), machines);
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}
