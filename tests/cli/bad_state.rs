//! State files that cannot be used: what every command says, and that the file and its runs are as they were.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use crate::lab::Lab;
use crate::traces;
use hoist_test_support::skip::skip;

/// A plan that launches nothing: what is looked at is its record.
const PLAN: &str = "[[levels]]\n[levels.services.web]\nrun_on = \"this-host\"\nboot = \"true.sh\"\n";

/// Every command that opens the state file, with a run `demo` and a plan.
const COMMANDS: [&str; 12] = [
    "plan boot demo.toml --name other",
    "plan resume demo",
    "plan show demo",
    "plan status demo",
    "plan repair demo",
    "plan reload demo.toml",
    "plan reboot demo",
    "plan terminate demo",
    "plan history demo",
    "plan clean demo",
    "plan list",
    "plan logs demo",
];

/// A lab with a run that is up, and a copy of its state in `copy/`, to be ruined.
fn lab() -> (Lab, PathBuf) {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml").exit(0);
    fs::create_dir(lab.path("copy")).unwrap();
    fs::copy(lab.state(), lab.path("copy/hoist.db")).unwrap();
    let copy = lab.path("copy/hoist.db");
    (lab, copy)
}

/// Every command fails in these words, and leaves the file and its directory alone.
#[track_caller]
fn refused(lab: &Lab, state: &str, message: &str) {
    let before = traces::snapshot(&lab.path("copy"));
    for command in COMMANDS {
        lab.hoist(command).arg("--state").arg(state).exit(1).stdout("").stderr(message);
    }
    assert!(before == traces::snapshot(&lab.path("copy")), "something was changed or made");
}

#[test]
fn a_damaged_file_is_left_as_it_is() {
    let (lab, copy) = lab();
    let sound = fs::read(&copy).unwrap();
    const PAGE: usize = 4096;
    let mut damaged = sound.clone();
    damaged[PAGE..4 * PAGE].fill(0);
    fs::write(&copy, damaged).unwrap();
    refused(
        &lab,
        "copy/hoist.db",
        "hoist: the state file copy/hoist.db is damaged: database disk image is malformed
  try: nothing was changed; `hoist --state copy/hoist.db orphans` asks the clouds what there is; restore a backup, or try: sqlite3 copy/hoist.db .recover | sqlite3 copy/hoist.db.recovered
",
    );
    fs::write(&copy, "my shopping list\n").unwrap();
    refused(
        &lab,
        "copy/hoist.db",
        "hoist: copy/hoist.db is no state file of hoist: it is no SQLite database
  try: nothing was changed; choose another file with --state FILE or HOIST_STATE
",
    );
}

#[test]
fn a_file_of_a_newer_hoist_is_left_as_it_is() {
    let (lab, copy) = lab();
    let mut newer = fs::read(&copy).unwrap();
    // SQLite keeps the user's version here: <https://www.sqlite.org/fileformat.html#the_database_header>.
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&copy, newer).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let message = format!(
        "hoist: the state file copy/hoist.db was written by a newer hoist, {version} (format 99; this is hoist {version}, which reads formats up to {})
  try: use hoist {version} or newer; nothing was changed
",
        hoist::state::FORMAT
    );
    refused(&lab, "copy/hoist.db", &message);
}

#[test]
fn a_file_that_others_can_read_or_nobody_write_is_refused() {
    let (lab, copy) = lab();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o640)).unwrap();
    refused(
        &lab,
        "copy/hoist.db",
        "hoist: the state file copy/hoist.db may be read or written by others (mode 0640)
  try: chmod 600 copy/hoist.db
",
    );
    // What only reads does so, and changes nothing of it.
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o400)).unwrap();
    let of_the_file = || {
        let mut all = traces::snapshot(&lab.path("copy"));
        all.retain(|path, _| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("hoist.db")));
        all
    };
    let before = of_the_file();
    for command in COMMANDS {
        let call = lab.hoist(command).arg("--state").arg("copy/hoist.db");
        if ["show", "status", "history", "list", "logs"].iter().any(|word| command.split(' ').nth(1) == Some(word)) {
            call.exit(0).stderr("");
            continue;
        }
        call.exit(1).stdout("").stderr(
            "hoist: the state file copy/hoist.db cannot be written: its mode is 0400
  try: chmod 600 copy/hoist.db
",
        );
    }
    assert!(before == of_the_file(), "something was changed or made");
}

#[test]
fn a_link_or_a_directory_instead_of_the_file_is_refused() {
    let (lab, copy) = lab();
    symlink(&copy, lab.path("copy/link.db")).unwrap();
    refused(
        &lab,
        "copy/link.db",
        "hoist: the state file copy/link.db is a symbolic link to copy/hoist.db
  try: name the file itself: --state copy/hoist.db
",
    );
    refused(
        &lab,
        "copy",
        "hoist: the state file copy is a directory, not a file
  try: nothing was changed; choose another file with --state FILE or HOIST_STATE
",
    );
}

#[test]
fn without_a_file_there_are_no_runs_and_none_is_made() {
    let lab = Lab::with_plan(PLAN);
    let before = traces::snapshot(lab.root());
    lab.hoist("plan list").exit(0).stdout("").stderr("no runs are recorded; `hoist plan boot PLAN` starts one\n");
    for command in COMMANDS.iter().filter(|command| !command.contains("boot demo.toml") && **command != "plan list") {
        lab.hoist(command).exit(1).stdout("").says(
            "hoist: there is no run named demo in state/hoist.db
  try: hoist plan list --all shows every run
",
        );
    }
    assert!(before == traces::snapshot(lab.root()), "something was changed or made");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end() {
    let (lab, copy) = lab();
    let before = fs::read(&copy).unwrap();
    lab.hoist_after("ulimit -f 8", "plan boot demo.toml --name other --state copy/hoist.db").exit(1).stdout("").stderr(
        "hoist: cannot begin to work in the state file copy/hoist.db: disk I/O error
  try: see whether a quota or a limit is in the way (quota, ulimit -f) or the disk fails (dmesg), and repeat the command; what was recorded is safe
",
    );
    assert!(fs::read(&copy).unwrap() == before, "the file was changed");
    lab.hoist("plan show demo --state copy/hoist.db").exit(0);
}

#[test]
fn a_full_disk_is_named_and_forgotten_once_there_is_room() {
    if !crate::unprivileged::may_mount() {
        return skip("a small disk of its own cannot be mounted here: it takes root or user namespaces");
    }
    let lab = Lab::with_plan(PLAN);
    fs::create_dir(lab.path("disk")).unwrap();
    // One shell, since nobody else sees what is mounted in it.
    lab.file(
        "script.sh",
        "set -u
mount -t tmpfs -o size=1m tmpfs disk
export HOIST_STATE=disk/hoist.db
$HOIST plan boot demo.toml -q > first; echo \"first boot: $?\"
head -c 2000000 /dev/zero > disk/ballast 2> /dev/null
$HOIST plan boot demo.toml --name other 2>&1; echo \"on a full disk: $?\"
rm disk/ballast
$HOIST plan list -o json > list; echo \"list: $?\"
$HOIST plan boot demo.toml --name other -q > other; echo \"with room: $?\"
$HOIST plan terminate demo other -q > ended; echo \"terminate: $?\"
ls disk/this-host
",
    );
    let user = if nix::unistd::geteuid().is_root() { "" } else { "--map-root-user" };
    lab.shell(&format!("exec unshare --mount {user} sh script.sh")).exit(0).stdout(
        "first boot: 0
hoist: no space is left for the state file disk/hoist.db
  try: make room there (df -h disk) and repeat the command; what was recorded is safe
on a full disk: 1
list: 0
with room: 0
terminate: 0
",
    );
    let list: serde_json::Value = serde_json::from_slice(&fs::read(lab.path("list")).unwrap()).unwrap();
    assert_eq!(list["runs"].as_array().unwrap().len(), 1, "the boot that failed is not recorded: {list:#}");
}
