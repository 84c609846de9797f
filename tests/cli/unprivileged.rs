//! Hoist as a user without rights.

use std::os::unix::fs::chown;

use crate::lab::Lab;
use hoist_test_support::skip::skip;

/// A user that owns nothing: `nobody` everywhere.
const NOBODY: u32 = 65534;

/// A lab that belongs to a user without rights, who runs hoist in it; one's own where one is such a user.
pub(crate) fn nobodys_lab() -> Option<Lab> {
    let mut lab = Lab::new();
    if !nix::unistd::geteuid().is_root() {
        return Some(lab);
    }
    if !crate::traces::is_installed("setpriv") {
        skip("setpriv (util-linux) is not installed");
        return None;
    }
    // The build's directory may be one that only its owner can enter. Another process copies: a file that this
    // one has open to be written may be so in a program that another test starts, too, and cannot be run then.
    let binary = lab.path("hoist");
    let copied = std::process::Command::new("cp").arg(hoist_test_support::place::hoist()).arg(&binary).status();
    assert!(copied.unwrap().success());
    for path in [lab.root().to_path_buf(), lab.path("home")] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let user = NOBODY.to_string();
    lab.binary = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", "--"].map(Into::into).into();
    lab.binary.push(binary.into());
    Some(lab)
}

/// Whether something can be mounted, by root or in a user namespace.
pub(crate) fn may_mount() -> bool {
    let user: &[&str] = if nix::unistd::geteuid().is_root() { &[] } else { &["--map-root-user"] };
    let mut tried = std::process::Command::new("unshare");
    tried.arg("--mount").args(user).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(std::process::Stdio::null());
    tried.status().is_ok_and(|status| status.success())
}

#[test]
fn a_user_without_rights_boots_the_example() {
    let Some(lab) = nobodys_lab() else { return };
    crate::examples::webapp_once(&lab);
    // Their own state file, where no option and no variable names one.
    let list = |name: &str, value: &std::path::Path| {
        lab.hoist("plan list --all -o json").without_env("HOIST_STATE").env(name, value).exit(0).json()["runs"].clone()
    };
    assert_eq!(list("HOME", &lab.path("home")), serde_json::json!([]));
    lab.hoist("plan boot launch-plans/sleepers/top.conf")
        .without_env("HOIST_STATE")
        .env("XDG_STATE_HOME", lab.path("home/state"))
        .exit(0);
    lab.hoist("plan terminate sleepers")
        .without_env("HOIST_STATE")
        .env("XDG_STATE_HOME", lab.path("home/state"))
        .exit(0);
    assert_eq!(list("XDG_STATE_HOME", &lab.path("home/state"))[0]["name"], "sleepers");
    assert!(lab.path("home/state/hoist/hoist.db").is_file());
    lab.assert_nothing_runs();
}

#[test]
fn where_the_kernel_refuses_namespaces_instances_are_plain() {
    let lab = Lab::new();
    crate::examples::copy(&lab);
    // A user namespace in which no further namespace can be made; one shell, so that all commands share it.
    lab.file(
        "script.sh",
        "set -eu
for kind in user mnt pid uts ipc; do echo 0 > /proc/sys/user/max_${kind}_namespaces; done
$HOIST plan boot launch-plans/webapp/webapp.toml 2> said
$HOIST plan status webapp > status
id=$($HOIST plan history webapp --cached | awk '/^web-1 / { print $2 }')
kill -9 $(sed 's/.*\"process\":\\([0-9]*\\).*/\\1/' state/local/instances/$id/status.json)
! $HOIST plan status webapp > broken
$HOIST plan repair webapp --with-dependents > repaired 2> said2
$HOIST plan status webapp >> status
$HOIST plan terminate webapp 2> said3
",
    );
    let unshared = lab.shell("exec unshare --user --map-root-user sh script.sh").run();
    if unshared.stderr.contains("unshare: ") || unshared.stderr.contains("max_user_namespaces") {
        return skip(&format!("no user namespace can be made to refuse further ones: {}", unshared.stderr));
    }
    let unshared = unshared.exit(0);
    assert!(unshared.stdout.ends_with("webapp is gone: 5 services, nothing is left of them, TIME\n"), "{unshared}");
    let said = std::fs::read_to_string(lab.path("said")).unwrap();
    let note = "note: local instances have no namespaces of their own (";
    assert!(said.contains(note) && said.contains("they share /tmp, the host name"), "{said}");
    let status = std::fs::read_to_string(lab.path("status")).unwrap();
    assert_eq!(status.matches("webapp is up, healthy (checked now)").count(), 2, "{status}");
    let broken = std::fs::read_to_string(lab.path("broken")).unwrap();
    assert!(broken.contains("webapp is up, unhealthy (checked now)"), "{broken}");
    lab.assert_nothing_runs();
}
