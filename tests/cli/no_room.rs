//! Disks that are too small, full, or read-only.

use std::fs;

use crate::lab::Lab;
use hoist_test_support::skip::skip;

const PLAN: &str = "[[levels]]\n[levels.services.web]\nboot = \"true.sh\"\n";

/// What only reads, each with its exit code.
const READERS: [&str; 9] = [
    "plan list",
    "plan list --all",
    "plan status demo",
    "plan status demo --cached",
    "plan show demo",
    "plan logs demo",
    "plan history demo",
    "annex list",
    "orphans",
];

/// Runs this script with a disk of its own, `disk`, that holds the state; gives what it prints.
fn on_a_small_disk(lab: &Lab, megabytes: u32, script: &str) -> Option<String> {
    if !crate::unprivileged::may_mount() {
        skip("a small disk of its own cannot be mounted here: it takes root or user namespaces");
        return None;
    }
    fs::create_dir(lab.path("disk")).unwrap();
    // One shell, since nobody else sees what is mounted in it.
    let head = format!(
        "set -u
mount -t tmpfs -o size={megabytes}m,mode=700 tmpfs disk
export HOIST_STATE=disk/hoist.db
fill() {{ cat /dev/zero > disk/ballast 2> /dev/null; }}
read_all() {{ for words in {}; do $HOIST $words > out 2>&1; code=$?; echo \"$words: $code\"; [ $code = 0 ] || cat out; done; }}
",
        READERS.map(|words| format!("'{words}'")).join(" ")
    );
    lab.file("script.sh", format!("{head}{script}"));
    let user = if nix::unistd::geteuid().is_root() { "" } else { "--map-root-user" };
    Some(lab.shell(&format!("exec unshare --mount {user} sh script.sh")).exit(0).stdout)
}

#[test]
fn what_only_reads_works_on_a_full_disk_and_on_one_that_is_read_only() {
    let lab = Lab::with_plan(PLAN);
    fs::create_dir(lab.path("view")).unwrap();
    let script = "$HOIST plan boot demo.toml -q > booted || exit
rm -f disk/hoist.db-reserve
fill; echo full; read_all
$HOIST plan boot demo.toml --name other -q > out 2>&1; echo \"boot: $?\"
rm disk/ballast
mount --bind disk view; mount -o remount,bind,ro view
export HOIST_STATE=view/hoist.db; echo read-only; read_all > said; grep ': [0-9]$' said
$HOIST plan resume demo -q 2>&1; echo \"resume: $?\"
umount view; export HOIST_STATE=disk/hoist.db
$HOIST plan terminate demo -q > out 2>&1; echo \"terminate: $?\"
";
    let Some(said) = on_a_small_disk(&lab, 16, script) else { return };
    let read = |code: fn(&str) -> u8| READERS.map(|words| format!("{words}: {}\n", code(words))).concat();
    let full = read(|_| 0);
    // What is there on the local cloud takes a lock to see: that is unknown, and nothing else is.
    let read_only = read(|words| match words {
        "plan status demo" => 2,
        "orphans" => 3,
        _ => 0,
    });
    let resumed = "hoist: the state file view/hoist.db cannot be written: its file system is read-only
  try: choose another file with --state FILE or HOIST_STATE
resume: 1
";
    assert_eq!(said, format!("full\n{full}boot: 1\nread-only\n{read_only}{resumed}terminate: 0\n"));
}

#[test]
fn runs_are_brought_down_on_a_full_disk_one_after_another() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nrun_on = \"this-host\"\nboot = \"true.sh\"\n");
    let script = "for run in one two three; do $HOIST plan boot demo.toml --name $run -q > out || exit; done
for run in one two three; do
    fill; $HOIST plan terminate $run -q > out 2>&1; code=$?; echo \"$run: $code\"; [ $code = 0 ] || cat out
    fill; $HOIST plan terminate $run -q > out 2>&1; code=$?; echo \"again: $code\"; [ $code = 0 ] || cat out
    ls disk/hoist.db-reserve
done
rm disk/ballast
$HOIST plan boot demo.toml -q > out; stat -c %s disk/hoist.db-reserve
$HOIST plan terminate demo -q > out
";
    let Some(said) = on_a_small_disk(&lab, 16, script) else { return };
    let ended = ["one", "two", "three"].map(|run| format!("{run}: 0\nagain: 0\ndisk/hoist.db-reserve\n")).concat();
    assert_eq!(said, format!("{ended}1048576\n"));
}

#[test]
fn a_boot_says_so_where_nothing_can_be_kept_back() {
    let lab = Lab::with_plan(PLAN);
    let script = "$HOIST plan boot demo.toml 2> err > out; echo \"boot: $?\"; grep note: err
$HOIST plan boot demo.toml --name quiet -q 2> err > out; echo \"boot: $?\"; cat err
$HOIST plan terminate demo quiet -q > out; ls disk
";
    let Some(said) = on_a_small_disk(&lab, 4, script) else { return };
    let (first, rest) = said.split_once("more would have to be free").expect(&said);
    assert!(first.starts_with("boot: 0\nnote: no room is kept back in disk/hoist.db-reserve (1.0 MB): "), "{said}");
    assert!(rest.contains("`terminate` stops until there is room\nboot: 0\n"), "{said}");
    assert!(!rest.contains("hoist.db-reserve"), "{said}");

    // Where there is room nothing is said.
    lab.hoist("plan boot demo.toml").exit(0).never_says("no room is kept back");
    assert_eq!(fs::metadata(lab.path("state/hoist.db-reserve")).unwrap().len(), 1 << 20);
}

#[test]
fn a_full_disk_of_ours_is_no_fault_of_the_machines() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nready = \"ready.sh\"\n");
    lab.program("ready.sh", "exit 0");
    let script = "$HOIST plan boot demo.toml -q > out || exit
machines() { $HOIST plan history demo -o json | grep -o '\"i-[0-9a-z]*\"' | sort -u | tr '\\n' ' '; }
before=$(machines)
head -c 3000000 /dev/zero | tr '\\0' '#' >> ready.sh
fill; truncate -s -1700000 disk/ballast
$HOIST plan status demo > out 2>&1; echo \"status: $?\"; grep -c 'No space left on device' out
$HOIST plan repair demo > out 2>&1; echo \"repair: $?\"; grep -o 'nothing was touched' out
[ \"$before\" = \"$(machines)\" ] && echo same
$HOIST plan boot demo.toml --name other > out 2>&1; echo \"boot: $?\"; grep -o 'what is missing is on this side' out
$HOIST plan list -o json | grep -o '\"failed\": *[0-9]*'
rm disk/ballast
$HOIST plan resume other -q > out 2>&1; echo \"resume: $?\"
$HOIST plan terminate demo other -q > out; echo \"terminate: $?\"
";
    let Some(said) = on_a_small_disk(&lab, 12, script) else { return };
    let right = "status: 2\n1\nrepair: 1\nnothing was touched\nsame\nboot: 1\nwhat is missing is on this side\n";
    assert!(said.starts_with(right), "{said}");
    assert!(said.ends_with("resume: 0\nterminate: 0\n"), "{said}");
    assert!(!said.contains("\"failed\": 1"), "{said}");
}

#[test]
fn what_no_record_holds_is_ended_on_a_full_disk() {
    let lab = Lab::with_plan(PLAN);
    let script = "$HOIST plan boot demo.toml -q > booted || exit
rm -f disk/hoist.db disk/hoist.db-wal disk/hoist.db-shm
fill
$HOIST orphans --terminate --other-states --yes > out 2>&1; code=$?; [ $code = 0 ] || cat out; echo \"orphans: $code\"
rm disk/ballast; ls disk | grep reserve
";
    let Some(said) = on_a_small_disk(&lab, 16, script) else { return };
    assert_eq!(said, "orphans: 0\nhoist.db-reserve\n");
}
